/** @names in a comment's field: a listbox of the project's people, by keys, mouse or touch. */
import { isComposing } from "../rickproject/keys.js";

const AT = /(?<![\w.@+/-])@([\w.+-]*)$/;
const MOST = 6;
let list = null;
let field = null;
let found = [];
let chosen = 0;

/** Who can be mentioned, as the page says: user name and name. @returns {{name: string, full: string}[]} */
function people(near) {
  const root = near.closest("dialog") ?? document;
  return [...root.querySelectorAll("[data-mention-people] > li")]
    .map((item) => ({ name: item.dataset.name, full: item.textContent.trim() }));
}

function matches({ name, full }, begun) {
  return [name, ...full.split(/\s+/)].some((part) => part.toLowerCase().startsWith(begun));
}

function close() {
  list?.remove();
  list = null;
  for (const name of ["aria-controls", "aria-activedescendant"]) field?.removeAttribute(name);
}

function makeOption(person, index) {
  const option = document.createElement("li");
  option.id = `mention-${index}`;
  option.role = "option";
  const name = document.createElement("b");
  name.textContent = `@${person.name}`;
  option.append(name, ` ${person.full}`);
  option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(index); });
  return option;
}

function open() {
  close();
  list = document.createElement("ul");
  list.className = "mention-list";
  list.id = "mention-list";
  list.role = "listbox";
  list.ariaLabel = "People of this project";
  list.append(...found.map(makeOption));
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  choose(0);
}

function choose(index) {
  chosen = (index + found.length) % found.length;
  [...list.children].forEach((option, at) => { option.ariaSelected = String(at === chosen); });
  list.children[chosen].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", list.children[chosen].id);
}

/** Write the chosen name in place of what was begun. */
function take(index) {
  const end = field.selectionStart;
  const start = end - AT.exec(field.value.slice(0, end))[1].length;
  field.setRangeText(`${found[index].name} `, start, end, "end");
  close();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function look() {
  const begun = field.selectionStart === field.selectionEnd && AT.exec(field.value.slice(0, field.selectionStart));
  const wanted = begun ? begun[1].toLowerCase() : "";
  found = begun ? people(field).filter((person) => matches(person, wanted)).slice(0, MOST) : [];
  if (found.length && !(found.length === 1 && found[0].name.toLowerCase() === wanted)) open();
  else close();
}

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-mentions]")) return;
  field = event.target;
  field.setAttribute("aria-autocomplete", "list");
  look();
});
document.addEventListener("focusout", (event) => { if (event.target === field) close(); });
document.addEventListener("keydown", (event) => {
  if (!list || event.target !== field || isComposing(event)) return;
  const steps = { ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1), Escape: close,
    Enter: () => take(chosen), Tab: () => take(chosen) };
  if (!steps[event.key] || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  steps[event.key]();
}, { capture: true });
