/** Keys: one way to bind them, quiet while somebody types or composes. */

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const NAMES = { " ": "Space", ArrowUp: "Up", ArrowDown: "Down", ArrowLeft: "Left", ArrowRight: "Right" };
const SIGNS = { Mod: MAC ? "⌘" : "Ctrl", Alt: MAC ? "⌥" : "Alt", Shift: MAC ? "⇧" : "Shift",
  Enter: "⏎", Backspace: "⌫", Up: "↑", Down: "↓", Left: "←", Right: "→" };

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

/** The name of a keystroke, as written in data-key: "B", "Shift+N", "Mod+Enter", "?".
 *  Letters are upper case without Shift in the name unless Shift is held.
 *  @param {KeyboardEvent} event */
export function keyName(event) {
  const letter = /^\p{L}$/u.test(event.key);
  let key = NAMES[event.key] ?? (letter ? event.key.toUpperCase() : event.key);
  if (event.altKey && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3);
  const named = letter || event.altKey || key.length > 1;
  return [(MAC ? event.metaKey : event.ctrlKey) && "Mod", event.altKey && "Alt",
    event.shiftKey && named && "Shift", key].filter(Boolean).join("+");
}

/** A key's name as people read it: "⌘⏎" or "Ctrl ⏎". @param {string} name */
export function keyLabel(name) {
  const parts = name === "+" ? ["+"] : name.split("+");
  return parts.map((part) => SIGNS[part] ?? part).join(MAC ? "" : " ");
}

/** Bind keys on one element and everything in it.
 *  @param {HTMLElement | Document} root
 *  @param {Record<string, (event: KeyboardEvent) => void | false>} bindings by keyName;
 *    a handler that returns false lets the key through
 *  @param {{inInputs?: boolean}} options inInputs: also while typing (for Mod+Enter, Escape)
 *  @returns {() => void} unbinds them */
export function bindKeys(root, bindings, { inInputs = false } = {}) {
  const listen = (event) => {
    if (event.defaultPrevented || isComposing(event)) return;
    if (!inInputs && isTyping(event.target)) return;
    const handler = bindings[keyName(event)];
    if (handler && handler(event) !== false) event.preventDefault();
  };
  root.addEventListener("keydown", listen);
  return () => root.removeEventListener("keydown", listen);
}
