/** The print button of a receipt; without script the menu of the browser prints as well. */

const button = document.querySelector("[data-print]");
if (button instanceof HTMLElement) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
