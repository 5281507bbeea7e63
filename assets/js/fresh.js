// The row that was just added or changed is brought into view; its soft flash is CSS.
(() => {
  document.addEventListener("htmx:after:swap", () => {
    document.querySelector(".htmx-added .fresh, .fresh.htmx-added")?.scrollIntoView({ block: "nearest" });
  });
})();
