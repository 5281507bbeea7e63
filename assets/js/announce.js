// Reads the new total out after a list was swapped: whatever in it carries data-announce.
(() => {
  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    const target = typeof ctx.target === "string" ? document.querySelector(ctx.target) : document.getElementById(ctx.target?.id);
    const source = target?.querySelector("[data-announce]");
    const region = document.getElementById("announce");
    if (!source || !region || ctx.request.method !== "GET") return;
    region.textContent = "";
    setTimeout(() => (region.textContent = source.textContent.trim()), 100);
  });
})();
