/** Drafts that outlive the page; where the browser keeps nothing they last as long as the page. */
import { toast } from "../rickproject/frame.js";
import { isLoggedOut } from "../rickproject/live.js";

const onThisPage = new Map();
let wasTold = false;

function tellOnce() {
  if (wasTold) return;
  wasTold = true;
  toast("This browser keeps no drafts: its storage is blocked or full. Saving goes on as always; leave this page only once it says “saved”.", { seconds: 20 });
}

/** @param {string} key @returns {string | null} */
export function readDraft(key) {
  if (onThisPage.has(key)) return onThisPage.get(key);
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} text
 *  @param {{isTold?: boolean}} options isTold: say where the browser keeps nothing */
export function keepDraft(key, text, { isTold = true } = {}) {
  try {
    localStorage.setItem(key, text);
    onThisPage.delete(key);
  } catch {
    onThisPage.set(key, text);
    if (isTold) tellOnce();
  }
}

/** @param {string} key */
export function dropDraft(key) {
  onThisPage.delete(key);
  try {
    localStorage.removeItem(key);
  } catch { /* nothing was kept there */ }
}

/** Keys under which something is kept. @param {string} prefix @returns {string[]} in their order */
export function draftKeys(prefix) {
  const found = new Set([...onThisPage.keys()]);
  try {
    for (let index = 0; index < localStorage.length; index += 1) found.add(localStorage.key(index));
  } catch { /* blocked: only what this page holds */ }
  return [...found].filter((key) => key.startsWith(prefix)).sort();
}

/** What a page says of what waits for the server. @param {string} key @param {number} number of changes
 *  @param {{isSubmitted?: boolean}} options isSubmitted: a submission waits after them */
export function keptWords(key, number, { isSubmitted = false } = {}) {
  const changes = number || !isSubmitted ? [`${number} change${number === 1 ? "" : "s"}`] : [];
  const all = [...changes, ...(isSubmitted ? ["the submission"] : [])].join(" and ");
  const why = isLoggedOut() ? "Logged out" : "Offline";
  const then = isLoggedOut() ? "; log in in another tab, and it is saved" : "";
  return `${why}: ${all} ${onThisPage.has(key) ? "not saved yet, stay on this page" : "kept here"}${then}`;
}
