/* Shows, while somebody types, which name and address an empty field will get. */
const form = document.querySelector("[data-new-workspace]");

const address = (name) =>
  name
    .normalize("NFKD")
    .replace(/[^\w\s-]/g, "")
    .trim()
    .toLowerCase()
    .replace(/[-\s]+/g, "-")
    .replace(/^[-_]+|[-_]+$/g, "");

function suggest() {
  const customer = form.querySelector("[data-customer]");
  const name = form.querySelector("[data-workspace-name]");
  const slug = form.querySelector("[data-workspace-slug]");
  name.placeholder = customer ? customer.value.trim() : "";
  slug.placeholder = address(name.value || name.placeholder);
}

if (form) {
  form.addEventListener("input", suggest);
  document.addEventListener("htmx:afterSwap", suggest);
  suggest();
}
