/*
 * Selects rows: one by its box, a range with Shift, a section, all that are shown. The boxes
 * belong to the form below the grid, so that it works without this script too.
 */
const matrix = document.getElementById("matrix");
let last = "";

const boxes = (root = matrix) => [...root.querySelectorAll('tr[data-key] input[name="item"]')];

function mark(box) {
  const row = box.closest("tr");
  if (box.checked) row.setAttribute("aria-selected", "true");
  else row.removeAttribute("aria-selected");
}

function summarize(box, within) {
  const all = boxes(within);
  const checked = all.filter((one) => one.checked).length;
  box.checked = checked > 0 && checked === all.length;
  box.indeterminate = checked > 0 && checked < all.length;
  return checked;
}

function update() {
  for (const box of boxes()) mark(box);
  for (const box of matrix.querySelectorAll('[data-select="section"]')) {
    summarize(box, box.closest("tbody"));
  }
  const all = matrix.querySelector('[data-select="all"]');
  const number = matrix.querySelector("[data-selected]");
  if (!all || !number) return;
  const count = summarize(all, matrix);
  number.textContent = count;
  number.closest(".bulk-bar").classList.toggle("is-on", count > 0);
}

function choose(list, checked) {
  for (const box of list) box.checked = checked;
  update();
}

function range(box) {
  const list = boxes();
  const from = list.findIndex((one) => one.closest("tr").dataset.key === last);
  if (from < 0) return [box];
  const to = list.indexOf(box);
  return list.slice(Math.min(from, to), Math.max(from, to) + 1);
}

function toggle(box, checked, extend) {
  choose(extend ? range(box) : [box], checked);
  last = box.closest("tr").dataset.key;
}

matrix.addEventListener("click", (event) => {
  const box = event.target;
  if (box.matches('input[name="item"]')) toggle(box, box.checked, event.shiftKey);
  else if (box.matches('[data-select="section"]')) choose(boxes(box.closest("tbody")), box.checked);
  else if (box.matches('[data-select="all"]')) choose(boxes(), box.checked);
  else if (box.closest('[data-select="none"]')) choose(boxes(), false);
});

matrix.addEventListener("matrix:select", ({ target, detail }) => {
  const box = target.querySelector('input[name="item"], [data-select="section"]');
  if (!box) return;
  if (box.name === "item") toggle(box, !box.checked, detail.range);
  else box.click();
});

/* A row that is renewed stays selected, with its new version. */
document.addEventListener("htmx:oobBeforeSwap", ({ target, detail }) => {
  if (!target.matches?.("tr[data-key]")) return;
  const row = detail.fragment.querySelector("tr[data-key]");
  const box = row?.querySelector('input[name="item"]');
  if (box && target.querySelector('input[name="item"]')?.checked) {
    box.checked = true;
    mark(box);
  }
});

document.addEventListener("htmx:afterSwap", ({ target }) => {
  if (matrix.contains(target)) update();
});
update();
