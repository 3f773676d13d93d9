/** What every page does: menus, the key map, declared keys, toasts, the health dot, the sheet. */
import { bindKeys, keyLabel } from "./keys.js";
import { poll, request } from "./live.js";
import "./theme.js";

document.documentElement.classList.add("js");

/** Say one sentence at the edge of the page. @param {string} text
 *  @param {{action?: {label: string, run: () => void}, seconds?: number}} options */
export function toast(text, { action, seconds = 6 } = {}) {
  const item = document.createElement("div");
  item.className = "toast";
  const words = document.createElement("p");
  words.textContent = text;
  item.append(words);
  const leave = () => item.remove();
  const addButton = (label, name, run) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.ariaLabel = name;
    button.addEventListener("click", () => { leave(); run?.(); });
    item.append(button);
  };
  if (action) addButton(action.label, action.label, action.run);
  addButton("✕", "Close", null);
  document.querySelector("#toasts").append(item);
  if (seconds) setTimeout(leave, seconds * 1000);
}

function attachMenus() {
  const open = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

function describe(element) {
  if (element.dataset.keyLabel) return element.dataset.keyLabel;
  if (element.ariaLabel) return element.ariaLabel;
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd").forEach((key) => key.remove());
  return copy.textContent.trim().replace(/\s+/g, " ");
}

/** Read the page's keys: every element with data-key, in page order, each key once a group. */
function readKeys() {
  const groups = new Map();
  for (const element of document.querySelectorAll("[data-key]")) {
    const title = element.dataset.keyGroup ?? "This page";
    const group = groups.get(title) ?? groups.set(title, new Map()).get(title);
    if (!group.has(element.dataset.key)) group.set(element.dataset.key, describe(element));
  }
  return groups;
}

function fillKeyMap(dialog) {
  const place = dialog.querySelector("[data-keymap]");
  place.replaceChildren();
  for (const [title, keys] of readKeys()) {
    const section = document.createElement("section");
    const head = document.createElement("h3");
    head.textContent = title;
    const list = document.createElement("dl");
    for (const [key, words] of keys) {
      const term = document.createElement("dt");
      const sign = document.createElement("kbd");
      sign.textContent = keyLabel(key);
      term.append(sign);
      const meaning = document.createElement("dd");
      meaning.textContent = words;
      list.append(term, meaning);
    }
    section.append(head, list);
    place.append(section);
  }
}

function attachKeyMap() {
  const dialog = document.querySelector("#keymap");
  const show = () => {
    fillKeyMap(dialog);
    dialog.showModal();
    dialog.scrollTop = 0;
  };
  bindKeys(document, { "?": () => (dialog.open ? dialog.close() : show()) });
  for (const button of document.querySelectorAll("[data-open-keymap]")) button.addEventListener("click", show);
}

/** A link or button with data-key is pressed by its key, unless data-key-manual says that
 *  the page's own script does it. data-key-typing: also while somebody types. */
function attachDeclaredKeys() {
  const press = (inputs) => new Proxy({}, {
    get: (_, name) => {
      const dialog = document.querySelector("dialog[open]") ?? document;
      const found = [...dialog.querySelectorAll(`[data-key="${CSS.escape(String(name))}"]`)].find(
        (element) => !("keyManual" in element.dataset) && "keyTyping" in element.dataset === inputs
          && element.checkVisibility() && !element.disabled);
      return found && (() => (found.matches("input, textarea, select") ? found.focus() : found.click()));
    },
  });
  bindKeys(document, press(false));
  bindKeys(document, press(true), { inInputs: true });
}

function attachHealth() {
  const health = document.querySelector("[data-health-url]");
  if (!health) return;
  poll(async () => {
    const response = await request(health.dataset.healthUrl, { headers: { accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of fresh.querySelectorAll("[data-health-part]")) {
      document.getElementById(part.id)?.replaceWith(part);
    }
  }, { seconds: 20 });
}

function attachSheets() {
  for (const sheet of document.querySelectorAll(".inspector")) {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "inspector-handle";
    handle.textContent = sheet.ariaLabel ?? "Details";
    handle.ariaExpanded = "false";
    handle.addEventListener("click", () => {
      handle.ariaExpanded = String(sheet.toggleAttribute("data-open"));
    });
    sheet.prepend(handle);
  }
}

/** Forms with data-confirm ask in a dialog that the page brings: data-confirm="#dialog-id". */
function attachDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.querySelector(opener.dataset.dialog)?.showModal();
    const closer = event.target.closest("[data-close-dialog]");
    if (closer) closer.closest("dialog")?.close();
  });
}

function attachHtmx() {
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    toast(status === 429 ? "That was too often. Wait a moment and try again."
      : `The server answered ${status}. Nothing was changed; try again in a moment.`);
  });
  document.addEventListener("htmx:sendError", () => {
    toast("The server did not answer. Check your connection and try again.");
  });
}

for (const sign of document.querySelectorAll("kbd[data-sign]")) sign.textContent = keyLabel(sign.dataset.sign);
attachMenus();
attachKeyMap();
attachDeclaredKeys();
attachHealth();
attachSheets();
attachDialogs();
attachHtmx();
