/*
 * Forms of teams and members in a dialog. Before its answer is swapped in, the dialog closes, so
 * that the browser gives focus back to what opened it; an answer with errors opens a new one.
 */
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "dialog-slot") return;
  event.detail.target.querySelector("dialog[open]")?.close();
});

/* Who becomes an auditor is offered an end of access, unless a day is there already. */
document.addEventListener("change", (event) => {
  if (event.target.name !== "role" || event.target.value !== "auditor") return;
  const ends = event.target.form.elements.expires_on;
  if (!ends.value) ends.value = ends.dataset.auditorUntil ?? "";
});
