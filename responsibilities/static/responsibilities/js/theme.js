/*
 * The theme a person chose, kept in a cookie that the server reads, so that the next page comes
 * with the right colours and nothing flashes. Without a choice the page follows the system.
 * Loaded in <head> without `defer`: it only sets a class, which shows what needs a script.
 */
(() => {
  const root = document.documentElement;
  const YEAR = 60 * 60 * 24 * 365;
  root.classList.add("js");

  function show() {
    const chosen = root.dataset.theme || "auto";
    for (const button of document.querySelectorAll("[data-theme-value]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeValue === chosen));
    }
  }

  function choose(theme) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    const age = theme === "auto" ? 0 : YEAR;
    document.cookie = `theme=${theme}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const scheme = document.querySelector('meta[name="color-scheme"]');
    if (scheme) scheme.content = theme === "auto" ? "light dark" : theme;
    show();
  }

  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-value]");
    if (button) choose(button.dataset.themeValue);
  });
})();
