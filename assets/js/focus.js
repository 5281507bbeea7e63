// A swap never drops the focus: it goes to the summary of errors, else to the same control of the same row, else to the same
// control, else to the swapped part.
(() => {
  const marks = new WeakMap();
  const text = (element) => element.textContent.trim();
  const controls = (row) => [...row.querySelectorAll("a, button")];
  const lost = () => !document.activeElement || document.activeElement === document.body || document.activeElement.disabled;

  document.addEventListener("htmx:before:request", (event) => {
    const element = document.activeElement;
    if (!element || element === document.body) return;
    const { ctx } = event.detail;
    const row = element.closest(":is(article, li, tr)[id]");
    marks.set(ctx, {
      element,
      id: element.id,
      row: row?.id,
      place: row ? controls(row).indexOf(element) : -1,
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
      if (!mark || document.querySelector("dialog[open]")) return;
      const row = mark.element.isConnected ? null : document.getElementById(mark.row);
      if (row) return controls(row)[mark.place]?.focus({ preventScroll: true });
      if (!lost()) return;
      if (mark.element.isConnected) return mark.element.focus({ preventScroll: true });
      const target = document.getElementById(ctx.target?.id) ?? document.getElementById("main");
      const twin = document.getElementById(mark.id) ?? [...target.querySelectorAll("a, button, input, select, summary")].find(mark.same);
      if (!twin && !target.matches("a, button, input")) target.tabIndex = -1;
      (twin ?? target).focus({ preventScroll: true });
    }, 20);
  });
})();
