// The one <dialog>: opens when something lands in it, closes by Escape, its close link, or a finished POST.
(() => {
  const dialog = document.getElementById("dialog");
  if (!dialog) return;

  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    const retarget = ctx.hx?.retarget;
    const done = ctx.request.method === "POST" && ctx.response.status < 400;
    if (dialog.open && ((retarget && retarget !== "#dialog") || done)) return dialog.close();
    if (ctx.target === dialog && !retarget && !dialog.open && !done) dialog.showModal();
  });
  // Whoever opened it gets the focus back from the browser.
  document.addEventListener("click", (event) => {
    if (!dialog.open) return;
    if (event.target === dialog || event.target.closest("#dialog [data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
})();
