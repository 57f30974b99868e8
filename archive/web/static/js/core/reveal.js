/** A button that shows what was typed into a password field. */

import { t } from "./i18n.js";

for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.getAttribute("data-reveal") || "");
  if (!(field instanceof HTMLInputElement)) continue;
  button.removeAttribute("hidden");
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    button.textContent = shown ? t("Show") : t("Hide");
  });
}
