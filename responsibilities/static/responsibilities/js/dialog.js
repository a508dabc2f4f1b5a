/*
 * Native dialogs, opened and closed by data attributes:
 *   <button data-dialog-open="confirm-archive">   opens <dialog id="confirm-archive">
 *   <button data-dialog-close>                    closes the dialog around it
 *   <dialog data-dialog-auto>                     opens as soon as htmx has put it on the page
 * The browser keeps focus inside and Escape closes; here focus returns to where it was, also
 * when the opener was swapped meanwhile (found again by its id).
 */
const openers = new WeakMap();

function open(dialog, opener) {
  if (dialog.open) return;
  openers.set(dialog, opener);
  dialog.showModal();
}

function returnFocus(dialog) {
  const opener = openers.get(dialog);
  openers.delete(dialog);
  if (!opener) return;
  const target = opener.isConnected ? opener : document.getElementById(opener.id);
  target?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialogOpen);
    if (dialog) {
      event.preventDefault();
      open(dialog, opener);
    }
    return;
  }
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog")?.close();
  else if (event.target.matches("dialog[data-dialog-light]")) event.target.close();
});

document.addEventListener("close", (event) => returnFocus(event.target), true);

document.addEventListener("htmx:afterSettle", (event) => {
  const found = event.target.matches?.("dialog[data-dialog-auto]")
    ? event.target
    : event.target.querySelector?.("dialog[data-dialog-auto]");
  if (found) open(found, document.activeElement);
});
