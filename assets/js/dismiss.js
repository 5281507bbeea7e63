// A button that takes its message away.
(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-dismiss]");
    if (!button) return;
    button.closest(button.dataset.dismiss).remove();
    document.getElementById("main").focus({ preventScroll: true });
  });
})();
