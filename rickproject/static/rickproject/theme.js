/** Light, dark or as the system says: kept in a cookie, so that the server draws the first paint. */

const YEAR = 60 * 60 * 24 * 365;

/** @param {"light" | "dark" | "system"} theme */
export function setTheme(theme) {
  const root = document.documentElement;
  if (theme === "system") root.removeAttribute("data-theme");
  else root.dataset.theme = theme;
  const age = theme === "system" ? 0 : YEAR;
  document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax`;
  document.dispatchEvent(new CustomEvent("themechange"));
}

/** Make the three buttons of the theme form work without a reload. @param {HTMLFormElement} form */
export function attach(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    setTheme(event.submitter.value);
    for (const button of form.elements) {
      if (button.name === "theme") button.setAttribute("aria-pressed", String(button === event.submitter));
    }
  });
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("themechange"));
});
document.querySelectorAll("form[data-theme-form]").forEach(attach);
