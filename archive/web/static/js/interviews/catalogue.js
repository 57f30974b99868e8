// @ts-check
/** The catalogue: another order at once, and filters that lie open where there is room for them. */

const sort = document.getElementById("sort");
const filters = document.querySelector("details[data-filters]");
const wide = matchMedia("(min-width: 761px)");

for (const button of document.querySelectorAll("[data-sort]")) button.setAttribute("hidden", "");
sort?.addEventListener("change", () => {
  if (sort instanceof HTMLSelectElement) sort.form?.requestSubmit();
});

// Without this script they lie open everywhere, so that nobody is shut out of them.
if (filters instanceof HTMLDetailsElement && !wide.matches) filters.open = false;
