// Keys for links, buttons and fields that are on the page: data-shortcut="n", or "g d" for g and then d.
// Who talks to the computer or hits keys by accident turns them off on the help page (WCAG 2.1.4).
(() => {
  const root = document.documentElement;
  const secure = location.protocol === "https:";
  const cookie = `${secure ? "__Host-" : ""}shortcuts=off`;
  const turn = (off) => root.toggleAttribute("data-shortcuts-off", off);
  turn(document.cookie.split("; ").includes(cookie));
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("button[data-shortcuts]")?.dataset.shortcuts;
    if (!choice) return;
    document.cookie = `${cookie}; path=/; samesite=lax; max-age=${choice === "off" ? 31536000 : 0}${secure ? "; secure" : ""}`;
    turn(choice === "off");
    document.querySelector(`button[data-shortcuts]:not([data-shortcuts="${choice}"])`).focus();
  });

  let first = "";
  let timer;

  const typing = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
  const find = (keys) => {
    const found = [...document.querySelectorAll(`[data-shortcut="${CSS.escape(keys)}"]`)];
    // What belongs to this page goes before what every page has.
    return found.find((element) => element.closest("main")) ?? found[0];
  };

  document.addEventListener("keydown", (event) => {
    if (root.hasAttribute("data-shortcuts-off") || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key.length !== 1 || typing(event.target) || document.querySelector("dialog[open]")) return;
    const keys = first ? `${first} ${event.key}` : event.key;
    clearTimeout(timer);
    first = "";
    const element = find(keys);
    if (element) {
      event.preventDefault();
      if (element.matches("input")) {
        element.focus();
        element.select();
      } else if (element.matches("summary")) {
        element.parentElement.open = true;
        (element.parentElement.querySelector("input:not([type=hidden]), select, textarea") ?? element).focus();
      } else {
        element.click();
      }
    } else if (document.querySelector(`[data-shortcut^="${CSS.escape(event.key)} "]`)) {
      first = event.key;
      timer = setTimeout(() => (first = ""), 1500);
    }
  });
})();
