/** Where the cursor was, for a page that loads again: after a reload, a suggestion, a submission taken back. */

/** @param {string} key of the browser's storage for this tab, with the person in it
 *  @param {() => number} cursor @returns {number} where to begin, 0 on a page that is new */
export function keepPlace(key, cursor) {
  addEventListener("pagehide", () => {
    try {
      sessionStorage.setItem(key, String(cursor()));
    } catch { /* blocked: the page begins at its first line */ }
  });
  try {
    return comesBack() ? Number(sessionStorage.getItem(key) ?? 0) : 0;
  } catch {
    return 0;
  }
}

function comesBack() {
  if (performance.getEntriesByType("navigation")[0]?.type === "reload") return true;
  const before = document.referrer && new URL(document.referrer).pathname;
  return Boolean(before) && (before.startsWith(location.pathname) || location.pathname.startsWith(before))
    && before.includes("/scenes/") && /\d/.test(before);
}
