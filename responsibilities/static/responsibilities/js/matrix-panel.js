/*
 * Opens an item beside the matrix at its own address. Back closes it again, or shows the item
 * before; only leaving the matrix loads a page. Clicks with a modifier key stay links.
 */
const matrix = document.getElementById("matrix");
const panel = document.getElementById("panel");
const home = matrix.dataset.address;
const items = home.replace(/matrix\/$/, "items/");

const query = () => matrix.querySelector("[data-query]")?.dataset.query ?? "";
const address = () => (query() ? `${home}?${query()}` : home);
const isItem = (path) => path.startsWith(items) && /^[^/]+\/$/.test(path.slice(items.length));

/* The key of the item in the panel; its links lead on to others. */
let shown = "";

function highlight() {
  for (const row of matrix.querySelectorAll("tr.is-open")) {
    row.classList.remove("is-open");
    row.removeAttribute("aria-current");
  }
  const row = panel.hasChildNodes() ? document.getElementById(`item-${shown}`) : null;
  row?.classList.add("is-open");
  row?.setAttribute("aria-current", "true");
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const path = new URL(detail.pathInfo.finalRequestPath, location.href).pathname;
  if (detail.target === panel && isItem(path)) {
    shown = decodeURIComponent(path.slice(items.length, -1));
  }
});

async function load(url) {
  await htmx.ajax("GET", url, { target: panel, swap: "innerHTML" });
  highlight();
}

async function open(path) {
  const url = query() ? `${path}?${query()}` : path;
  await htmx.ajax("GET", url, { target: panel, swap: "innerHTML", push: url });
  highlight();
  matrix.querySelector("tr.is-open")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  panel.scrollTop = 0;
  panel.focus({ preventScroll: true });
}

function close({ push = true } = {}) {
  if (!panel.hasChildNodes()) return;
  if (panel.contains(document.activeElement)) document.activeElement.blur();
  panel.replaceChildren();
  if (push && isItem(location.pathname)) history.pushState({ htmx: true }, "", address());
  highlight();
  document.dispatchEvent(new CustomEvent("matrix:refocus"));
}

matrix.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const row = event.target.closest(".pin-title, .pin-key a")?.closest("tr[data-key]");
  const link = row?.querySelector(".pin-key a");
  if (!link || getSelection()?.type === "Range") return;
  event.preventDefault();
  open(link.pathname);
});

panel.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.closest("[data-panel-close]") || link.pathname === home) {
    event.preventDefault();
    close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector("dialog[open], :popover-open, details[data-menu][open]")) return;
  if (event.target.matches("textarea, select, input:not([type=checkbox])") && event.target.value) return;
  close();
});

/* Before htmx, which would load the whole page again. */
addEventListener(
  "popstate",
  (event) => {
    const here = location.pathname + location.search;
    if (here === address()) close({ push: false });
    else if (isItem(location.pathname)) load(here);
    else return;
    event.stopImmediatePropagation();
  },
  { capture: true },
);

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (panel.contains(target) || matrix.contains(target)) highlight();
});

/*
 * The panel shows letters too: after a change in the grid it is renewed, unless somebody types in
 * it. What asks for focus in the panel does not get it then; focus stays in the grid.
 */
async function renew() {
  await htmx.ajax("GET", `${items}${shown}/${query() && `?${query()}`}`, {
    target: panel,
    swap: "innerHTML settle:0ms",
  });
  highlight();
  if (panel.contains(document.activeElement)) document.activeElement.blur();
  document.dispatchEvent(new CustomEvent("matrix:refocus"));
}

/* A change that did not say which item it was about (evidence added) was about the open one. */
function wasAboutTheOpenItem({ xhr, requestConfig }) {
  const says = xhr.getResponseHeader("HX-Trigger")?.includes("rex:item-changed");
  const own = [home, `${items}${shown}/cells/`]; // these answer with the row itself
  return !says && !own.some((start) => requestConfig.path.startsWith(start));
}

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const { verb, path } = detail.requestConfig;
  if (!panel.hasChildNodes() || verb === "get" || !detail.successful) return;
  if (wasAboutTheOpenItem(detail)) {
    document.dispatchEvent(new CustomEvent("rex:item-changed", { detail: { key: shown } }));
  }
  if (!path.startsWith(`${items}${shown}/`) || panel.contains(detail.elt)) return;
  if (!panel.contains(document.activeElement)) renew();
});
