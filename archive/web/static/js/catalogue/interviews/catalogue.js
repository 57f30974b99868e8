/** Catalogue: sorts on change, and opens the filters on wide screens. */

const sort = document.getElementById("sort");
const filters = document.querySelector("details[data-filters]");
const wide = matchMedia("(min-width: 761px)");

for (const button of document.querySelectorAll("[data-sort]")) button.setAttribute("hidden", "");
sort?.addEventListener("change", () => {
  if (sort instanceof HTMLSelectElement) sort.form?.requestSubmit();
});

// Without this script they are open on every screen, so that they can be used.
if (filters instanceof HTMLDetailsElement && !wide.matches) filters.open = false;
