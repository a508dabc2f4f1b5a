/*
 * Uploads of evidence.
 *   [data-dropzone]         files dropped on it go into the file field inside
 *   form[data-upload]       shows what was chosen and how far it is; with several files it sends
 *                           one request per file, so that each has its own answer
 *   … [data-quick]          sends as soon as files are chosen (the drop field of an item)
 *   … [data-single]         takes one file only (a new revision)
 *   [data-item-picker]      narrows its list while one types
 * Without this script the forms still send one file at a time.
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

const fieldOf = (form) => form.querySelector("input[type=file]");

function row(form, file) {
  const made = form.querySelector("[data-upload-template]").content.firstElementChild.cloneNode(true);
  made.querySelector("[data-name]").textContent = file.name;
  made.querySelector("[data-size]").textContent = words(file.size);
  return made;
}

function tooLarge(form, file) {
  const zone = form.querySelector("[data-dropzone]");
  return file.size > Number(zone.dataset.limit) ? zone.dataset.tooLarge : "";
}

function refuse(item, reason) {
  item.querySelector("progress")?.remove();
  const state = item.querySelector("[data-state]");
  state.textContent = reason;
  state.classList.add("errorlist");
  item.dataset.refused = "";
}

/* Shows the chosen files. Says at once which of them are too large to be taken. */
function show(form) {
  const rows = form.querySelector("[data-upload-rows]");
  const items = [...fieldOf(form).files].map((file) => {
    const item = row(form, file);
    const reason = tooLarge(form, file);
    if (reason) refuse(item, reason);
    else {
      item.querySelector("progress").hidden = true;
      item.querySelector("[data-state]").hidden = true;
    }
    return item;
  });
  rows.replaceChildren(...items);
  return items;
}

function send(form, file, item) {
  const data = new FormData(form);
  data.delete("file");
  data.append("file", file);
  data.append("quick", "1");
  if (fieldOf(form).files.length > 1) data.set("title", "");
  const request = new XMLHttpRequest();
  const bar = item.querySelector("progress");
  const status = document.getElementById("status");
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  return new Promise((done) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    });
    request.addEventListener("load", () => {
      if (request.status !== 200) {
        refuse(item, request.status === 403 ? status.dataset.forbidden : status.dataset.failed);
        return done(false);
      }
      const answer = new DOMParser().parseFromString(request.responseText, "text/html");
      const answered = answer.querySelector("li");
      if (!answered) {
        location.assign(status.dataset.loginUrl); /* the session ended meanwhile */
        return done(false);
      }
      item.replaceWith(document.adoptNode(answered));
      return done("done" in answered.dataset);
    });
    request.addEventListener("error", () => {
      refuse(item, status.dataset.offline);
      done(false);
    });
    request.send(data);
  });
}

/* One after the other: a phone on a thin line finishes the first before the last begins. */
async function sendAll(form) {
  const files = [...fieldOf(form).files];
  const items = show(form);
  const button = form.querySelector(".form-actions button");
  if (button) button.disabled = true;
  let failed = 0;
  for (const [index, file] of files.entries()) {
    const item = items[index];
    if ("refused" in item.dataset) {
      failed += 1;
      continue;
    }
    item.querySelector("progress").hidden = false;
    if (!(await send(form, file, item))) failed += 1;
  }
  if (button) button.disabled = false;
  fieldOf(form).value = "";
  return failed;
}

/* The list of the item anew; rows of files that were refused stay, with their reasons. */
async function refresh(form) {
  const section = form.closest("#item-evidence");
  const kept = [...form.querySelectorAll("[data-refused]")];
  await window.htmx.ajax("GET", section.dataset.refresh, {
    target: "#item-evidence",
    swap: "outerHTML",
    source: section,
  });
  const anew = document.getElementById("item-evidence");
  anew.querySelector("[data-upload-rows]")?.replaceChildren(...kept);
  anew.dispatchEvent(new CustomEvent("rex:evidence-changed", { bubbles: true }));
  anew.querySelector("input[type=file]")?.focus({ preventScroll: true });
}

async function quick(form) {
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  await sendAll(form);
  delete form.dataset.busy;
  await refresh(form);
}

async function several(form) {
  const failed = await sendAll(form);
  if (!failed) location.assign(form.dataset.after);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-upload]");
  if (!form || event.target !== fieldOf(form) || !event.target.files.length) return;
  if ("quick" in form.dataset) quick(form);
  else show(form);
});

/* Before htmx sees it: several files, and files that are too large, are not for one request. */
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("form[data-upload]") || !fieldOf(form)) return;
    const { files } = fieldOf(form);
    const oversized = [...files].some((file) => tooLarge(form, file));
    if (files.length < 2 && !oversized) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (files.length > 1) several(form);
    else {
      show(form);
      fieldOf(form).focus();
    }
  },
  true,
);

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector?.("[data-upload-rows] progress");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});

/* A refused form comes back without its file: put the chosen one into the new field. */
let carried = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const field = event.detail.target?.querySelector?.("form[data-upload] input[type=file]");
  carried = field?.files.length ? field.files : null;
});
document.addEventListener("htmx:afterSwap", () => {
  const form = carried && document.querySelector("#evidence-form form[data-upload]");
  if (form && fieldOf(form)) {
    fieldOf(form).files = carried;
    show(form);
  }
  carried = null;
});

/* Dropping. A file that misses the field must not open in place of the page. */
const zoneOf = (event) => event.target.closest?.("[data-dropzone]");
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const zone = zoneOf(event);
    for (const lit of document.querySelectorAll("[data-dropzone].is-over")) {
      if (lit !== zone || name === "drop") lit.classList.remove("is-over");
    }
    if (!zone) return;
    if (name === "dragenter" || name === "dragover") zone.classList.add("is-over");
    if (name === "dragleave" && !zone.contains(event.relatedTarget)) zone.classList.remove("is-over");
    if (name !== "drop" || !event.dataTransfer.files.length) return;
    const field = zone.querySelector("input[type=file]");
    const dropped = new DataTransfer();
    const taken = field.multiple ? [...event.dataTransfer.files] : [event.dataTransfer.files[0]];
    for (const file of taken) dropped.items.add(file);
    field.files = dropped.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function prepare(root) {
  for (const form of root.querySelectorAll("form[data-upload]:not([data-single])")) {
    const field = fieldOf(form);
    if (field) field.multiple = true;
  }
  for (const list of root.querySelectorAll("[data-item-picker] [role=group]")) {
    const ticked = list.querySelector(":checked");
    if (ticked) list.scrollTop = ticked.offsetTop - list.offsetTop - list.clientHeight / 3;
  }
}
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.target.parentNode ?? document));

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-narrow]")) return;
  const wanted = event.target.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  for (const group of event.target.closest("[data-item-picker]").querySelectorAll("[data-group]")) {
    const lines = [...group.querySelectorAll("label")];
    for (const line of lines) {
      const text = line.textContent.toLocaleLowerCase();
      line.hidden = !wanted.every((word) => text.includes(word));
    }
    group.hidden = lines.every((line) => line.hidden);
  }
});

/* Who shows the item elsewhere on the page, such as the matrix beside its panel, looks again. */
document.addEventListener("rex:evidence-changed", () => {
  const key = document.getElementById("item-evidence")?.dataset.key;
  if (key) document.dispatchEvent(new CustomEvent("rex:item-changed", { detail: { key } }));
});
