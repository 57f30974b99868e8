/** Elements of a page by selector, with the type that the template gives them. */

/**
 * Return the first element below `root` that matches; throw when there is none of that type.
 * @template {Element} T
 * @param {ParentNode} root @param {string} selector @param {new () => T} type
 * @returns {T}
 */
export function requireElement(root, selector, type) {
  const found = root.querySelector(selector);
  if (!(found instanceof type)) throw new TypeError(`this page has no ${selector}`);
  return found;
}

/**
 * Return every element below `root` that matches and has that type.
 * @template {Element} T
 * @param {ParentNode} root @param {string} selector @param {new () => T} type
 * @returns {T[]}
 */
export function elementsOf(root, selector, type) {
  const found = [];
  for (const element of root.querySelectorAll(selector)) {
    if (element instanceof type) found.push(element);
  }
  return found;
}
