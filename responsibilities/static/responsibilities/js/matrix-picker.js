/*
 * The picker: a popover at its cell. Whatever is swapped into #picker opens it, and an empty
 * swap closes it, so that the server decides. Letters set by key go to the address of the cell,
 * one after the other: each waits for the row that the one before it brought back.
 */
const matrix = document.getElementById("matrix");
const picker = document.getElementById("picker");
let anchor = "";
let place = ""; // of the cell on the screen, when the picker opened
let queue = Promise.resolve();

const link = () => matrix.querySelector(`.cell > a[href="${CSS.escape(anchor)}"]`);

function position() {
  const cell = link()?.getBoundingClientRect();
  if (!cell) return;
  const { width, height } = picker.getBoundingClientRect();
  const below = cell.bottom + 4;
  const top = below + height < innerHeight - 8 ? below : Math.max(8, cell.top - height - 4);
  const left = Math.min(Math.max(8, cell.left), innerWidth - width - 8);
  picker.style.setProperty("--top", `${top}px`);
  picker.style.setProperty("--left", `${left}px`);
  place = `${cell.left} ${cell.top}`;
}

/* The scroll event of what was scrolled before it opened may come after it. */
function closeIfMoved() {
  const cell = link()?.getBoundingClientRect();
  if (!cell || place !== `${cell.left} ${cell.top}`) close();
}

function open() {
  if (!picker.matches(":popover-open")) picker.showPopover();
  position();
  (picker.querySelector("[data-focus]") ?? picker.querySelector("input, select, button, a"))?.focus();
}

function close() {
  if (picker.matches(":popover-open")) picker.hidePopover();
}

function show(url) {
  anchor = url;
  htmx.ajax("GET", url, { target: picker, swap: "innerHTML" });
}

/* The letters that the cell will have, after `letter` was toggled; none for "". */
function wanted(cell, letter) {
  const now = new Set(cell.dataset.letters ?? "");
  if (!letter) return [];
  if (!now.delete(letter)) now.add(letter);
  return [...now];
}

async function send(url, letter) {
  anchor = url;
  const cell = link();
  if (!cell || (!letter && !cell.dataset.letters)) return;
  const row = cell.closest("tr");
  const letters = wanted(cell, letter);
  cell.parentElement.classList.add("is-busy");
  try {
    await htmx.ajax("POST", url, {
      source: picker,
      swap: "none",
      values: { version: row.dataset.version, letter: letters },
    });
  } finally {
    cell.parentElement.classList.remove("is-busy");
  }
}

matrix.addEventListener("click", (event) => {
  const cell = event.target.closest(".cell > a");
  if (!cell || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(cell.getAttribute("href"));
});

/* The item's panel names teams with links to their cells. */
document.getElementById("panel").addEventListener("click", (event) => {
  const found = event.target.closest('a[href*="/cells/"]');
  if (!found || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(found.getAttribute("href"));
});

matrix.addEventListener("matrix:letter", (event) => {
  const url = event.target.getAttribute("href");
  if (event.target.closest(".fixed")) show(url);
  else queue = queue.then(() => send(url, event.detail.letter));
});

picker.addEventListener("click", (event) => {
  if (!event.target.closest("[data-picker-close]")) return;
  event.preventDefault();
  close();
});

/* Naming a person is choosing the letter; else the name would be lost without a word. */
picker.addEventListener("change", ({ target }) => {
  if (!target.matches("select") || !target.value) return;
  target.closest(".picker-letter").querySelector("input").checked = true;
});

picker.addEventListener("toggle", (event) => {
  if (event.newState !== "closed") return;
  picker.replaceChildren();
  shown = null;
  const focused = document.activeElement;
  if (focused === document.body || picker.contains(focused)) link()?.focus({ preventScroll: true });
});

let shown = null;
document.addEventListener("htmx:afterSwap", () => {
  if (picker.firstElementChild === shown) return;
  shown = picker.firstElementChild;
  if (shown) open();
  else close();
});
document.getElementById("matrix").addEventListener("scroll", closeIfMoved, { capture: true, passive: true });
addEventListener("resize", close);
