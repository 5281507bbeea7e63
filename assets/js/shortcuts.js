// Keys for links, buttons and fields that are on the page: data-shortcut="n", or "g d" for g and then d.
(() => {
  if (document.body.dataset.shortcuts === "off") return;
  let first = "";
  let timer;

  const typing = (element) => element.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
  const find = (keys) => {
    const found = [...document.querySelectorAll(`[data-shortcut="${CSS.escape(keys)}"]`)];
    // What belongs to this page goes before what every page has.
    return found.find((element) => element.closest("main")) ?? found[0];
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
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
