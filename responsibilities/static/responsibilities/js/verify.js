/*
 * The page that checks a file.
 *   [data-verify-drop]      takes a file dropped anywhere on the page; a small text file dropped
 *                           there still goes to the field for the file to check
 *   [data-verify-chosen]    says what was chosen, and at once if it is too large
 *   [data-verify-submit]    says that the check is under way
 *   [data-verify-result]    gets the focus, so that it is read first
 * Without this script the same form is sent with the browser's own file field.
 */
const KIB = 1024;

function words(size) {
  if (size < KIB) return `${size} B`;
  const units = ["KB", "MB", "GB"];
  let value = size / KIB;
  let unit = 0;
  while (value >= KIB && unit < units.length - 1) {
    value /= KIB;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

const form = document.querySelector("form[data-verify]");
const zone = form.querySelector("[data-verify-drop]");
const field = zone.querySelector("input[type=file]");
const chosen = zone.querySelector("[data-verify-chosen]");
const button = form.querySelector("[data-verify-submit]");
const label = button.textContent;

function isTooLarge() {
  return field.files.length > 0 && field.files[0].size > Number(zone.dataset.limit);
}

function show() {
  const [file] = field.files;
  chosen.classList.toggle("is-wrong", isTooLarge());
  chosen.textContent = file ? `${file.name} · ${words(file.size)}` : "";
  if (isTooLarge()) chosen.textContent += `. ${zone.dataset.tooLarge}`;
}

field.addEventListener("change", show);

form.addEventListener("submit", (event) => {
  if (isTooLarge() || button.disabled) {
    event.preventDefault();
    field.focus();
    return;
  }
  button.disabled = true;
  button.textContent = button.dataset.busy;
});

/* A page that comes back from the browser's own store is ready to be used again. */
window.addEventListener("pageshow", () => {
  button.disabled = false;
  button.textContent = label;
  show();
});

/* Dropping. A file that misses the place must not open instead of the page. */
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    if (event.target instanceof Element && event.target.matches("input[type=file]")) return;
    event.preventDefault();
    const leaves = name === "dragleave" && event.relatedTarget === null;
    zone.classList.toggle("is-over", name !== "drop" && !leaves);
    if (name !== "drop" || !event.dataTransfer.files.length) return;
    const dropped = new DataTransfer();
    dropped.items.add(event.dataTransfer.files[0]);
    field.files = dropped.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    button.focus();
  });
}

document.querySelector("[data-verify-result]")?.focus({ preventScroll: true });
