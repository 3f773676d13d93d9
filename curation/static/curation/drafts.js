/** Drafts that outlive the page; where the browser keeps nothing they last as long as the page. */
import { toast } from "../rickproject/frame.js";

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

/** What a page says of changes that wait. @param {string} key @returns {string} */
export function waitingWords(key) {
  return onThisPage.has(key) ? "not saved yet, stay on this page" : "not saved yet, kept in this browser";
}
