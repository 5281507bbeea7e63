// The bar at the top while something is under way, and forms that can be sent only once.
(() => {
  const root = document.documentElement;
  let running = 0;
  const show = () => root.toggleAttribute("data-busy", running > 0);

  document.addEventListener("htmx:before:request", () => {
    running += 1;
    show();
  });
  document.addEventListener("htmx:finally:request", () => {
    running = Math.max(0, running - 1);
    show();
  });

  // A form that htmx does not send: the page that follows ends this.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A download leaves the page as it is.
    if (event.defaultPrevented || form.method !== "post" || "download" in form.dataset) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "true";
    root.toggleAttribute("data-busy", true);
    // After the browser has read the form, or the pressed button's own value would be left out.
    setTimeout(() => buttons(form, true));
    setTimeout(() => release(form), 15000);
  });
  const buttons = (form, off) => {
    for (const button of form.querySelectorAll("button")) button.disabled = off;
  };
  const release = (form) => {
    delete form.dataset.sent;
    buttons(form, false);
    show();
  };
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
})();
