// A swap never drops the focus: it goes to the summary of errors, else to the same control, else to the swapped part.
(() => {
  const marks = new WeakMap();
  const text = (element) => element.textContent.trim();
  const lost = () => !document.activeElement || document.activeElement === document.body || document.activeElement.disabled;

  document.addEventListener("htmx:before:request", (event) => {
    const element = document.activeElement;
    if (!element || element === document.body) return;
    const { ctx } = event.detail;
    marks.set(ctx, {
      element,
      id: element.id,
      same: (other) =>
        other.tagName === element.tagName &&
        other.name === element.name &&
        text(other) === text(element) &&
        other.form?.getAttribute("action") === element.form?.getAttribute("action"),
    });
  });

  document.addEventListener("htmx:after:swap", () => {
    const summary = document.querySelector("#error-summary, #conflict");
    if (summary?.matches(".htmx-added, .htmx-added *")) summary.focus();
  });

  document.addEventListener("htmx:finally:request", (event) => {
    const { ctx } = event.detail;
    const mark = marks.get(ctx);
    // htmx gives back what it disabled only after this event.
    setTimeout(() => {
      if (!mark || !lost() || document.querySelector("dialog[open]")) return;
      if (mark.element.isConnected) return mark.element.focus({ preventScroll: true });
      const target = document.getElementById(ctx.target?.id) ?? document.getElementById("main");
      const twin = document.getElementById(mark.id) ?? [...target.querySelectorAll("a, button, input, select, summary")].find(mark.same);
      if (!twin && !target.matches("a, button, input")) target.tabIndex = -1;
      (twin ?? target).focus({ preventScroll: true });
    }, 20);
  });
})();
