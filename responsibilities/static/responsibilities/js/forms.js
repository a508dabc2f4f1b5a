/* After a refused form, focus goes to the summary of errors, so that it is read first. */
function focusSummary(root) {
  root.querySelector?.("[data-error-summary]")?.focus();
}

focusSummary(document);
document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.target));
