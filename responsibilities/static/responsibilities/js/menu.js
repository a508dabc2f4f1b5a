/* Closes <details data-menu> on Escape, on a press outside, and when another one opens. */
const openMenus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    const chosen = event.target.closest("a.menu-item, button[type=submit].menu-item");
    if (!menu.contains(event.target) || (chosen && menu.contains(chosen))) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    event.stopPropagation();
  }
});

/* The current tab stays in sight where the tabs scroll sideways. */
const current = document.querySelector(".chrome .tabs [aria-current]");
if (current) {
  const tabs = current.parentElement;
  const past = current.offsetLeft + current.offsetWidth - tabs.offsetLeft - tabs.clientWidth;
  if (past > 0) tabs.scrollLeft = past + 48;
}
