/** On a phone the filters begin folded, so that the first hit is seen at once. */

const filters = document.querySelector("[data-filters]");
if (filters && matchMedia("(max-width:760px)").matches) filters.removeAttribute("open");
