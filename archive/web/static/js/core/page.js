/** What every page does beyond its HTML: theme and text size without a reload, fragments, menus. */

import { announce } from "./announce.js";
import { t } from "./i18n.js";
import "./reveal.js";

const SIZES = ["100", "115", "130", "150"];
const root = document.documentElement;

/** @param {string} name @param {string} value */
function keep(name, value) {
  document.cookie = `loike_${name}=${value};path=/;max-age=31536000;samesite=lax`;
}

function nextTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const shown = root.dataset.theme || (dark ? "dark" : "light");
  const theme = shown === "dark" ? "light" : "dark";
  root.dataset.theme = theme;
  document
    .querySelector("link[data-dark]")
    ?.setAttribute("media", theme === "dark" ? "all" : "not all");
  keep("theme", theme);
  announce(theme === "dark" ? t("Dark background") : t("Light background"));
}

function nextSize() {
  const size = SIZES[(SIZES.indexOf(root.dataset.size || "100") + 1) % SIZES.length];
  if (size === "100") delete root.dataset.size;
  else root.dataset.size = size;
  keep("size", size);
  announce(t("Text size %(size)s %", { size }));
}

for (const form of document.querySelectorAll("form[data-display]")) {
  form.addEventListener("submit", (event) => {
    const button = /** @type {SubmitEvent} */ (event).submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    if (button.name === "theme") nextTheme();
    else nextSize();
  });
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  }
});

// The editor's pages of this browser hide themselves after a sign-out.
for (const form of document.querySelectorAll("form[data-sign-out]")) {
  form.addEventListener("submit", () => {
    if (typeof BroadcastChannel !== "undefined")
      new BroadcastChannel("loi-ke-editor").postMessage({ signedOut: true });
  });
}
