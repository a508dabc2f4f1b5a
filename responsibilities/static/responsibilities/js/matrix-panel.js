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

function highlight() {
  const key = isItem(location.pathname) ? decodeURIComponent(location.pathname.slice(items.length, -1)) : "";
  for (const row of matrix.querySelectorAll("tr.is-open")) {
    row.classList.remove("is-open");
    row.removeAttribute("aria-current");
  }
  const row = key && panel.hasChildNodes() ? document.getElementById(`item-${key}`) : null;
  row?.classList.add("is-open");
  row?.setAttribute("aria-current", "true");
}

async function load(url) {
  await htmx.ajax("GET", url, { target: panel, swap: "innerHTML" });
  highlight();
}

async function open(path) {
  const url = query() ? `${path}?${query()}` : path;
  await htmx.ajax("GET", url, { target: panel, swap: "innerHTML", push: url });
  highlight();
  panel.scrollTop = 0;
  panel.querySelector("h1, h2")?.focus();
}

function close({ push = true } = {}) {
  if (!panel.hasChildNodes()) return;
  panel.replaceChildren();
  if (push) history.pushState({ htmx: true }, "", address());
  highlight();
  document.dispatchEvent(new CustomEvent("matrix:refocus"));
}

matrix.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest(".pin-title, .pin-key a")?.closest("tr[data-key]")?.querySelector(".pin-key a");
  if (!link || getSelection()?.type === "Range") return;
  event.preventDefault();
  open(link.getAttribute("href"));
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

/* The panel shows letters too: after a change in the grid it is renewed, unless somebody types. */
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const path = detail.requestConfig?.path ?? "";
  const open = matrix.querySelector("tr.is-open")?.dataset.key;
  if (!open || detail.requestConfig.verb === "get" || !detail.successful) return;
  if (!path.startsWith(`${items}${open}/`) || panel.contains(detail.elt)) return;
  if (!panel.contains(document.activeElement)) load(location.pathname + location.search);
});
