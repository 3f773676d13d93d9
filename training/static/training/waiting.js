/** What a reply waits for, before its first word. */

/**
 * Say how many replies come first; nothing any more once there is a word.
 * @param {HTMLElement} status read out by screen readers
 * @param {HTMLElement} text of the reply
 * @param {number | undefined} before undefined once the reply is being written
 */
export function showWaiting(status, text, before) {
  if (before === undefined) {
    delete text.dataset.waiting;
    return;
  }
  const replies = before === 1 ? "1 reply is" : `${before} replies are`;
  const words = before ? `${replies} before this one.` : "It is the next one, or its model is being loaded.";
  if (text.dataset.waiting === words) return;
  text.dataset.waiting = words;
  status.textContent = words;
}
