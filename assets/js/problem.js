// What went wrong with a request is shown in place, in #problem, and nothing typed is lost.
(() => {
  const box = document.getElementById("problem");
  if (!box) return;
  const clear = () => box.replaceChildren();
  // What nobody has pressed: whoever types on is not interrupted.
  const isQuiet = (ctx) => ctx.sourceElement?.hasAttribute("data-quiet") ?? false;
  const tell = (ctx, message, link) => {
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
    show(ctx, problem);
  };
  const show = (ctx, problem) => {
    if (problem && problem.textContent !== box.textContent) box.replaceChildren(problem);
    if (isQuiet(ctx)) return;
    document.querySelector("dialog[open]")?.close();
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
    tell(ctx, error?.name === "AbortError" || ctx.request.signal?.aborted ? box.dataset.slow : box.dataset.offline);
  });
  document.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    const { status } = ctx.response;
    // The server has kept what was typed, and gives it back after the sign-in.
    const kept = ctx.hx.redirect?.includes("kept");
    if (status === 401 && !kept && (ctx.request.method !== "GET" || typed())) {
      // Going to the sign-in page now would throw away what was typed.
      event.preventDefault();
      tell(ctx, box.dataset.signedOut, box.dataset.signIn);
    } else if (status >= 500 && !ctx.hx.retarget) {
      // Not our error page: a proxy's. It has no place inside the page.
      event.preventDefault();
      tell(ctx, box.dataset.broken);
    }
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    if (ctx.hx?.retarget === "#problem") show(ctx);
    else clear();
  });
})();
