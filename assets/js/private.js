// A private page that comes back from the browser's memory is asked for anew: its reader may have signed out.
(() => {
  addEventListener("pageshow", (event) => {
    if (event.persisted && document.body.hasAttribute("data-private")) location.reload();
  });
})();
