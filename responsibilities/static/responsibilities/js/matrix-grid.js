/*
 * Moves focus through the grid as the ARIA grid pattern says: one stop for Tab, arrows, Home,
 * End and Page keys inside. Focus sits on what a cell holds (link, box) or on the cell itself,
 * and stays where it was when its row is swapped. Says to others:
 *   matrix:letter  (detail.letter, or "" to clear) on a cell's link
 *   matrix:select  (detail.range) on a row
 * The size of the heading goes to --head, so that section headings stop right under it.
 */
const matrix = document.getElementById("matrix");
const LETTERS = "raci";
let place = { key: "", column: 3 };

const grid = () => document.getElementById("grid");
const region = () => document.getElementById("grid-region");
const holder = (cell) => cell.querySelector("a, input") ?? cell;
const rows = () => [...grid().tBodies].flatMap((body) => [...body.rows]);

function cellOf(target) {
  return target.closest?.("#grid tbody :is(td, th)") ?? null;
}

/* Takes everything out of the order of Tab, but one. */
function rove() {
  if (!grid()) return;
  for (const body of grid().tBodies) settle(body);
  const row = document.getElementById(`item-${place.key}`) ?? rows().find((r) => r.dataset.key);
  if (row) holder(row.cells[Math.min(place.column, row.cells.length - 1)]).tabIndex = 0;
}

function settle(part) {
  for (const cell of part.querySelectorAll("td, th")) holder(cell).tabIndex = -1;
}

function remember(cell) {
  for (const old of grid().querySelectorAll('tbody [tabindex="0"]')) old.tabIndex = -1;
  holder(cell).tabIndex = 0;
  const key = cell.parentElement.dataset.key;
  if (key) place = { key, column: cell.cellIndex };
}

function go(cell) {
  if (!cell) return;
  remember(cell);
  holder(cell).focus();
}

/* The cell of another row in the column that one came along; a section heading has one cell. */
function step(from, by) {
  const all = rows();
  const at = Math.min(Math.max(all.indexOf(from.parentElement) + by, 0), all.length - 1);
  return all[at].cells[Math.min(all[at].dataset.key ? place.column : 0, all[at].cells.length - 1)];
}

function screenful() {
  const row = grid().querySelector("tr[data-key]");
  const head = grid().tHead.offsetHeight;
  return Math.max(1, Math.floor((region().clientHeight - head) / row.offsetHeight) - 1);
}

function destination(event, cell) {
  const row = cell.parentElement;
  const all = event.ctrlKey || event.metaKey;
  const items = () => [...grid().querySelectorAll("tr[data-key]")];
  switch (event.key) {
    case "ArrowRight":
      return cell.nextElementSibling;
    case "ArrowLeft":
      return cell.previousElementSibling;
    case "ArrowDown":
      return step(cell, 1);
    case "ArrowUp":
      return step(cell, -1);
    case "PageDown":
      return step(cell, screenful());
    case "PageUp":
      return step(cell, -screenful());
    case "Home":
      return all ? items()[0].cells[0] : row.cells[0];
    case "End":
      return all ? [...items().at(-1).cells].at(-1) : [...row.cells].at(-1);
    default:
      return undefined;
  }
}

function act(event, cell) {
  const key = event.key.toLowerCase();
  const link = cell.matches(".cell") ? cell.querySelector("a") : null;
  const say = (name, target, detail) =>
    target.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  if ((event.ctrlKey || event.metaKey) && key === "z") {
    document.querySelector("#status [data-undo] button")?.click();
  } else if (event.ctrlKey || event.metaKey || event.altKey) {
    return false;
  } else if (link && LETTERS.includes(key)) {
    say("matrix:letter", link, { letter: key.toUpperCase() });
  } else if (link && ["delete", "backspace"].includes(key)) {
    say("matrix:letter", link, { letter: "" });
  } else if (key === " ") {
    say("matrix:select", cell.parentElement, { range: event.shiftKey });
  } else if (key === "f2" || (key === "enter" && !holder(cell).matches("a, input"))) {
    (link ?? cell.parentElement.querySelector(".pin-key a"))?.click();
  } else {
    return false;
  }
  return true;
}

matrix.addEventListener("keydown", (event) => {
  const cell = cellOf(event.target);
  if (!cell) return;
  const target = destination(event, cell);
  if (target === undefined ? !act(event, cell) : (go(target), false)) return;
  event.preventDefault();
});

matrix.addEventListener("focusin", (event) => {
  const cell = cellOf(event.target);
  if (cell) remember(cell);
});

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea, dialog") || event.ctrlKey || event.metaKey) {
    if (!event.target.matches("#grid input")) return;
  }
  if (event.key === "?") document.querySelector('[data-dialog-open="matrix-keys"]')?.click();
  else if (event.key === "/") document.getElementById("q")?.focus();
  else return;
  event.preventDefault();
});

/* Back to the cell that had focus, when a swap or a closed popover left focus nowhere. */
function refocus() {
  if (document.activeElement !== document.body) return;
  const row = document.getElementById(`item-${place.key}`);
  if (row) holder(row.cells[place.column]).focus({ preventScroll: true });
}

function measure() {
  if (grid()) matrix.style.setProperty("--head", `${grid().tHead.offsetHeight}px`);
}

const watcher = new ResizeObserver(measure);

/* The bar above stays when a filter swaps the grid; its link has to lead to what is shown. */
function exportShown() {
  const link = document.getElementById("matrix-export");
  const query = matrix.querySelector("[data-query]")?.dataset.query;
  if (link) link.href = query ? `${link.dataset.address}?${query}` : link.dataset.address;
}

function prepare() {
  rove();
  measure();
  exportShown();
  watcher.disconnect();
  if (grid()) watcher.observe(grid().tHead);
}

document.addEventListener("matrix:refocus", refocus);
/* The same rows again (after a change to many items) stay where they were scrolled to. */
let before = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target.id !== "grid-view" || !grid()) return;
  const { scrollTop, scrollLeft } = region();
  before = { query: matrix.querySelector("[data-query]").dataset.query, scrollTop, scrollLeft };
});

function restore() {
  if (before && grid() && before.query === matrix.querySelector("[data-query]").dataset.query) {
    region().scrollTo(before.scrollLeft, before.scrollTop);
  }
  before = null;
}

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (target.matches("tr[data-key]")) {
    settle(target);
    if (target.dataset.key === place.key) holder(target.cells[place.column]).tabIndex = 0;
    refocus();
  } else if (matrix.contains(target) && document.querySelector("#grid, #matrix .empty-state")) {
    prepare();
    restore();
    if (!document.querySelector("dialog[open]")) refocus();
  }
});

/* Whoever changed an item elsewhere on the page (its panel, an undo) says so; its row is renewed. */
document.addEventListener("rex:item-changed", ({ detail }) => {
  if (!document.getElementById(`item-${detail.key}`)) return;
  htmx.ajax("GET", `${matrix.dataset.address}rows/${detail.key}/`, { source: matrix, swap: "none" });
});
prepare();
