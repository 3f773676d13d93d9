/** Keystrokes: their names, who they belong to, and keys of single parts of a page. */

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const NAMES = { " ": "Space", ArrowUp: "Up", ArrowDown: "Down", ArrowLeft: "Left", ArrowRight: "Right" };
const SIGNS = { Mod: MAC ? "⌘" : "Ctrl", Alt: MAC ? "⌥" : "Alt", Shift: MAC ? "⇧" : "Shift",
  Enter: "⏎", Backspace: "⌫", Up: "↑", Down: "↓", Left: "←", Right: "→", PageUp: "PgUp", PageDown: "PgDn", Escape: "Esc" };

/** Whether keystrokes now belong to a field. @param {EventTarget | null} target */
export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=range])");
}

/** Whether an input method is still composing a character. @param {KeyboardEvent} event */
export function isComposing(event) {
  return event.isComposing || event.keyCode === 229;
}

function nameOf(event, key, { alt }) {
  const letter = /^\p{L}$/u.test(key);
  const shows = letter || alt || key.length > 1; // else Shift is already in the sign
  return [(MAC ? event.metaKey : event.ctrlKey) && "Mod", alt && "Alt", event.shiftKey && shows && "Shift",
    letter ? key.toUpperCase() : key].filter(Boolean).join("+");
}

/** The names of a keystroke, as the key map writes them ("B", "Shift+N", "Mod+Enter", "?"), the best
 *  first: what the layout types, then the letter printed there on a Latin keyboard. None for Ctrl on a
 *  Mac or the Windows key: those belong to the system.
 *  @param {KeyboardEvent} event @returns {string[]} */
export function keyNames(event) {
  if (MAC ? event.ctrlKey : event.metaKey) return [];
  const key = NAMES[event.key] ?? event.key;
  const printed = /^(?:Key|Digit)([A-Z0-9])$/.exec(event.code)?.[1];
  if (event.getModifierState?.("AltGraph")) return [key.length > 1 ? nameOf(event, key, { alt: true }) : key];
  if (MAC && event.altKey && key.length === 1) { // Option writes another sign: [ on a German Mac
    const sign = event.metaKey ? [] : [/^\p{L}$/u.test(key) ? "" : key];
    return [printed && nameOf(event, printed, { alt: true }), ...sign].filter(Boolean);
  }
  const found = [nameOf(event, key, { alt: event.altKey })];
  if (printed && /^[^\x00-\x7f]$/.test(key)) found.push(nameOf(event, printed, { alt: event.altKey }));
  return found;
}

/** A key's name as people read it: "⌘⏎" or "Ctrl ⏎". @param {string} name */
export function keyLabel(name) {
  const parts = name === "+" || name.endsWith("++") ? [...name.slice(0, -1).split("+").filter(Boolean), "+"] : name.split("+");
  return parts.map((part) => SIGNS[part] ?? part).join(MAC ? "" : " ");
}

/** Bind fixed keys of one widget, such as the arrows of a slider; commands of a page are no such
 *  keys, they are in the key map (commands.js).
 *  @param {HTMLElement} root @param {Record<string, (event: KeyboardEvent) => void | false>} bindings
 *    by name; a handler that returns false lets the key through */
export function bindKeys(root, bindings) {
  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isComposing(event) || isTyping(event.target)) return;
    const handler = keyNames(event).map((name) => bindings[name]).find(Boolean);
    if (handler && handler(event) !== false) event.preventDefault();
  });
}
