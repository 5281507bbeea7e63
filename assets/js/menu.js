// Small menus (<details>) close by Escape, by a click elsewhere and when the focus leaves.
(() => {
  const open = () => document.querySelector("details:is(.menu, .status-change)[open]");
  document.addEventListener("click", (event) => {
    const menu = open();
    if (menu && (!menu.contains(event.target) || event.target.closest(".menu-panel a"))) menu.open = false;
  });
  document.addEventListener("focusout", (event) => {
    const menu = open();
    if (menu && event.relatedTarget && menu.contains(event.target) && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = open();
    if (event.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
