/*
 * The one live line, #status. The server swaps words into it; other scripts say
 *   document.dispatchEvent(new CustomEvent("rex:status", { detail: { text, tone } }))
 * Words go after six seconds, an Undo button after ten; both wait while it is hovered or holds
 * focus. Failed requests are told here, so that nothing fails in silence.
 */
const WORDS_STAY = 6000;
const UNDO_STAYS = 10000;

const line = document.getElementById("status");
let timer = 0;
let pending = 0;

function clear() {
  if (line.matches(":hover, :focus-within")) timer = setTimeout(clear, 1000);
  else line.replaceChildren();
}

function changed() {
  clearTimeout(timer);
  const wrong = line.querySelector('[data-tone="wrong"]') !== null;
  line.classList.toggle("is-error", wrong);
  if (!line.hasChildNodes()) return;
  timer = setTimeout(clear, line.querySelector("[data-undo]") || wrong ? UNDO_STAYS : WORDS_STAY);
}

function say(text, tone = "") {
  const words = document.createElement("p");
  words.textContent = text;
  if (tone) words.dataset.tone = tone;
  line.replaceChildren(words);
}

function loading(step) {
  pending = Math.max(0, pending + step);
  document.documentElement.classList.toggle("is-loading", pending > 0);
}

function failure(status) {
  if (status === 403) return line.dataset.forbidden;
  if (status === 404) return line.dataset.missing;
  if (status === 413) return line.dataset.large;
  return line.dataset.failed;
}

if (line) {
  new MutationObserver(changed).observe(line, { childList: true });
  changed();
  document.addEventListener("rex:status", (event) => say(event.detail.text, event.detail.tone));
  /* A list that asks for itself again and again carries data-quiet: it draws no line. */
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.detail.elt.matches("[data-quiet]")) loading(1);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.elt.matches("[data-quiet]")) loading(-1);
  });
  document.addEventListener("htmx:sendError", () => say(line.dataset.offline, "wrong"));
  document.addEventListener("htmx:timeout", () => say(line.dataset.offline, "wrong"));
  document.addEventListener("htmx:responseError", (event) =>
    say(failure(event.detail.xhr.status), "wrong"),
  );
  /* A session that ended sends the login page; it belongs in the window, not in a fragment. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answered = new URL(event.detail.xhr.responseURL || location.href, location.href);
    const login = line.dataset.loginUrl;
    if (answered.pathname !== login || location.pathname === login) return;
    event.detail.shouldSwap = false;
    location.assign(`${login}?next=${encodeURIComponent(location.pathname + location.search)}`);
  });
}
