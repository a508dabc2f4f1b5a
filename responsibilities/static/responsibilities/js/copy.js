/*
 * A button with data-copy puts that text on the clipboard and says data-copied in the live line.
 * One listener on the document: lists are swapped.
 */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  document.dispatchEvent(
    new CustomEvent("rex:status", { detail: { text: button.dataset.copied } }),
  );
});
