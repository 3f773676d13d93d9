/** The page's commands: their keys from the one map, who runs them, the hints beside buttons, `?`.
 *
 *  The server writes what the page has, with the person's own keys, on the key map's dialog. A page's
 *  script binds a command; one that nobody binds presses the link or button that names it.
 *  @typedef {{name: string, keys: string[], words: string, isTyping: boolean, repeats: boolean,
 *             ifPresent: boolean}} Command */
import { isComposing, isTyping, keyLabel, keyNames } from "./keys.js";

const sheet = document.querySelector("#keymap");
/** @type {[string, Command[]][]} */
const sections = JSON.parse(sheet?.dataset.commands ?? "[]").map(([title, rows]) => [title,
  rows.map(([name, keys, words, flags]) => ({ name, keys, words, isTyping: flags.includes("typing"),
    repeats: flags.includes("repeats"), ifPresent: flags.includes("if_present") }))]);
const commands = new Map(sections.flatMap(([, rows]) => rows).map((command) => [command.name, command]));
const bound = new Set();

/** The commands a keystroke may mean now: none while somebody composes, types (but those made for it)
 *  or has a dialog open; Enter and Space on a button press the button. @returns {Command[]} */
function meant(event) {
  if (event.defaultPrevented || isComposing(event) || document.querySelector("dialog[open]")) return [];
  const isPress = ["Enter", " "].includes(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (isPress && event.target.closest?.("button, a[href], summary")) return [];
  if (event.key.startsWith("Arrow") && event.target.matches?.("input, [role=slider]") && !event.altKey) return [];
  const typing = isTyping(event.target);
  for (const name of keyNames(event)) {
    const found = [...commands.values()].filter((one) => one.keys.includes(name) && (!typing || one.isTyping));
    if (found.length) return found;
  }
  return [];
}

/** Run commands by their keys on one element and everything in it.
 *  @param {HTMLElement | Document} root
 *  @param {Record<string, (event: KeyboardEvent) => void | false>} handlers by the command's name; one
 *    that returns false lets the key through */
export function bindCommands(root, handlers) {
  for (const name of Object.keys(handlers)) bound.add(name);
  root.addEventListener("keydown", (event) => {
    const command = meant(event).find(({ name }) => handlers[name]);
    if (!command) return;
    const isHeld = event.repeat && !command.repeats;
    if (isHeld || handlers[command.name](event) !== false) event.preventDefault();
  });
}

/** A command's first key as people read it; empty where it has none. @param {string} name */
export function keyOf(name) {
  const key = commands.get(name)?.keys[0];
  return key ? keyLabel(key) : "";
}

/** ", press D" where a command has a key: for sentences. @param {string} name */
export function pressWords(name, before = "press ") {
  return keyOf(name) ? `${before}${keyOf(name)}` : "use its button";
}

function buttonOf(name) {
  return [...document.querySelectorAll(`[data-command="${CSS.escape(name)}"]`)]
    .find((element) => element.checkVisibility() && !element.disabled);
}

function pressButtons() {
  document.addEventListener("keydown", (event) => {
    for (const { name } of meant(event).filter((command) => !bound.has(command.name))) {
      const button = buttonOf(name);
      if (!button) continue;
      event.preventDefault();
      if (event.repeat) return;
      if (button.matches("input, textarea, select")) button.focus();
      else button.click();
      return;
    }
  });
}

/** Write keys into the hints of a part of the page. @param {ParentNode} part */
function showHints(part) {
  for (const sign of part.querySelectorAll("kbd[data-sign]")) sign.textContent = keyLabel(sign.dataset.sign);
  for (const sign of part.querySelectorAll("kbd[data-hint]")) {
    if (commands.has(sign.dataset.hint)) sign.textContent = keyOf(sign.dataset.hint);
  }
}

const make = (name, text = "") => Object.assign(document.createElement(name), { textContent: text });
const isHere = ({ name, ifPresent }) => !ifPresent
  || Boolean(document.querySelector(`[data-command="${name}"], [data-hint="${name}"]`));

function fillSheet() {
  sheet.querySelector("[data-keymap]").replaceChildren(...sections.map(([title, rows]) => {
    const list = make("dl");
    for (const command of rows.filter(isHere)) {
      const term = make("dt");
      command.keys.forEach((key, index) => term.append(index ? " " : "", make("kbd", keyLabel(key))));
      if (!command.keys.length) term.append(Object.assign(make("span", "off"), { className: "quiet small" }));
      list.append(term, make("dd", command.words));
    }
    const section = make("section");
    section.append(make("h3", title), list);
    return section;
  }));
}

/** The sheet opens and closes by its command; open, it hears that key alone. */
function attachSheet() {
  if (!sheet) return;
  const show = () => {
    fillSheet();
    sheet.showModal();
    sheet.scrollTop = 0;
  };
  bindCommands(document, { "everywhere.help": show });
  sheet.addEventListener("keydown", (event) => {
    if (!keyNames(event).some((name) => commands.get("everywhere.help")?.keys.includes(name))) return;
    event.preventDefault();
    event.stopPropagation();
    sheet.close();
  });
  for (const button of document.querySelectorAll("[data-command='everywhere.help']")) button.addEventListener("click", show);
}

attachSheet();
pressButtons();
showHints(document);
document.addEventListener("htmx:afterSwap", () => showHints(document));
