// What went wrong with a request is shown in place, in #problem, and nothing typed is lost.
(() => {
  const box = document.getElementById("problem");
  if (!box) return;
  const clear = () => box.replaceChildren();
  const tell = (message, link) => {
    const problem = document.createElement("div");
    problem.className = "problem";
    const words = document.createElement("p");
    words.textContent = message;
    problem.append(words);
    if (link) {
      const anchor = Object.assign(document.createElement("a"), { href: "/login", target: "_blank", textContent: link });
      const line = document.createElement("p");
      line.append(anchor);
      problem.append(line);
    }
    show(problem);
  };
  const show = (problem) => {
    document.querySelector("dialog[open]")?.close();
    if (problem) box.replaceChildren(problem);
    box.scrollIntoView({ block: "nearest" });
    box.focus({ preventScroll: true });
  };

  const typed = () =>
    [...document.querySelectorAll("main form[method=post] :is(input, textarea, option)")].some(
      (field) => field.type !== "hidden" &&
        (field.selected !== field.defaultSelected || field.checked !== field.defaultChecked || (field.tagName !== "OPTION" && field.value !== field.defaultValue)),
    );

  document.addEventListener("htmx:error", (event) => {
    const { ctx, error } = event.detail;
    if (!ctx || ctx.response?.status) return;
    tell(error?.name === "AbortError" || ctx.request.signal?.aborted ? box.dataset.slow : box.dataset.offline);
  });
  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    const { status } = ctx.response;
    // The server has kept what was typed, and gives it back after the sign-in.
    const kept = ctx.hx.redirect?.includes("kept");
    if (status === 401 && !kept && (ctx.request.method !== "GET" || typed())) {
      // Going to the sign-in page now would throw away what was typed.
      event.preventDefault();
      tell(box.dataset.signedOut, box.dataset.signIn);
    } else if (status >= 500 && !ctx.hx.retarget) {
      // Not our error page: a proxy's. It has no place inside the page.
      event.preventDefault();
      tell(box.dataset.broken);
    }
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.hx?.retarget === "#problem") show();
    else clear();
  });
})();
