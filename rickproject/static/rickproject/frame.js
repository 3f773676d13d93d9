/** What every page does: menus, toasts, the health dot, the sheet; keys are in commands.js. */
import "./commands.js";
import { poll, request } from "./live.js";
import "./tables.js";
import "./theme.js";

const LOOK_AGAIN_MS = 5000;
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

/** A key by which the server knows a step that comes twice. @returns {string} */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
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

/** Say in the bar, which is always in view, that the network is gone; the next answer puts it right. */
function sayOffline() {
  for (const state of document.querySelectorAll(".health-state")) {
    state.querySelector(".dot").dataset.health = "down";
    state.querySelector(".health-word").textContent = "offline";
  }
}

function attachHealth() {
  const health = document.querySelector("[data-health-url]");
  if (!health) return;
  let asked = Date.now();
  const look = async () => {
    asked = Date.now();
    const response = await request(health.dataset.healthUrl, { headers: { accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of fresh.querySelectorAll("[data-health-part]")) {
      document.getElementById(part.id)?.replaceWith(part);
    }
  };
  poll(look, { seconds: 20 });
  const again = () => look().catch(() => {}); // the next poll tells
  const back = () => { if (!document.hidden && Date.now() - asked > LOOK_AGAIN_MS) again(); };
  document.addEventListener("visibilitychange", back);
  addEventListener("focus", back);
  addEventListener("online", again);
  addEventListener("offline", sayOffline);
  document.addEventListener("frame:told", again); // a live page heard that there is something to read
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
    const { status, responseText } = event.detail.xhr;
    if (status === 403 && responseText.startsWith("{")) toast(JSON.parse(responseText).error.message, { seconds: 12 });
    else toast(status === 429 ? "That was too often. Wait a moment and try again."
      : `The server answered ${status}. Nothing was changed; try again in a moment.`);
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.detail.isKept) toast("The server did not answer. Check your connection and try again.");
  });
}

attachMenus();
attachHealth();
attachSheets();
attachDialogs();
attachHtmx();
