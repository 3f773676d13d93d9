/** Changes of a dialogue made while the server cannot be reached: kept in this browser, shown in the
 *  rows, and sent together, in their order, when it is back. What both sides changed is asked about. */
import { newKey, toast } from "../rickproject/frame.js";
import { requestJSON } from "../rickproject/live.js";
import { dropDraft, keepDraft, keptWords, readDraft } from "./drafts.js";

const KEPT = new Set(["range", "drop", "keep", "text", "clean", "submit"]);
const AGAIN_MS = 4000;
let timer = 0;
let isSending = false;

const rootNow = () => document.querySelector("[data-builder][data-outbox]");
const read = (root) => JSON.parse(readDraft(root.dataset.outbox) ?? "null");

/** @param {() => void} redraw asks the server for the page's part anew */
export function attachOutbox(redraw) {
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.parameters.action === "submit") event.detail.parameters.client_key = newKey();
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const root = rootNow();
    const change = root && changeOf(event);
    if (!root || !read(root) || event.detail.requestConfig.verb === "get") return;
    event.preventDefault(); // those that wait go first
    if (change) keep(root, change);
    else toast("This needs the server. Your changes are kept here and sent first, once it is back.");
    document.dispatchEvent(new CustomEvent("builder:kept"));
  });
  document.addEventListener("htmx:sendError", (event) => {
    const root = rootNow();
    const change = root && changeOf(event);
    if (!change) return;
    event.detail.isKept = true;
    keep(root, change);
    later();
  }, { capture: true });
  addEventListener("online", () => flush(redraw));
  const later = () => { clearTimeout(timer); timer = setTimeout(() => flush(redraw).then(again), AGAIN_MS); };
  const again = () => { const root = rootNow(); if (root && read(root)) later(); };
  const root = rootNow();
  const kept = root && read(root);
  if (!kept) return;
  kept.changes.forEach((change) => show(root, change));
  say(root);
  flush(redraw).then(again);
}

/** The change a request would make, where it is one that can wait. */
function changeOf(event) {
  const { parameters, verb, path } = event.detail.requestConfig ?? {};
  if (verb !== "post" || !path?.includes("/change/")) return null;
  const values = parameters instanceof FormData ? Object.fromEntries(parameters) : { ...parameters };
  if (!KEPT.has(values.action)) return null;
  const { action, first, last, utterances, text, client_key } = values;
  return JSON.parse(JSON.stringify({ action, first, last, utterances, text, client_key }));
}

function keep(root, change) {
  const kept = read(root) ?? { revision: Number(root.dataset.revision), changes: [] };
  kept.changes.push(change);
  keepDraft(root.dataset.outbox, JSON.stringify(kept));
  show(root, change);
  say(root);
}

/** Show a change in the rows, as far as the page can without the server. */
function show(root, { action, utterances, text, first, last }) {
  const pks = String(utterances ?? "").split(",");
  for (const line of root.querySelectorAll("[data-row]")) {
    if (action === "range") line.classList.toggle("in-range", Number(line.dataset.row) >= Number(first) && Number(line.dataset.row) <= Number(last));
    if (!pks.includes(line.dataset.utterance)) continue;
    if (action === "drop" || action === "keep") {
      line.toggleAttribute("data-dropped", action === "drop");
      const old = line.querySelector(".line-text");
      const fresh = Object.assign(document.createElement(action === "drop" ? "s" : "span"), { className: "line-text", textContent: old.textContent });
      old.replaceWith(fresh);
    }
    if (action === "text") {
      line.querySelector(".line-text").textContent = text;
      const edit = line.querySelector("[data-edit]");
      if (edit) edit.open = false;
      line.focus({ preventScroll: true });
    }
  }
}

function say(root) {
  const sign = root.querySelector("[data-kept]");
  const changes = read(root)?.changes ?? [];
  const number = changes.filter(({ action }) => action !== "submit").length;
  sign.hidden = !changes.length;
  sign.textContent = changes.length ? keptWords(root.dataset.outbox, number, { isSubmitted: number < changes.length }) : "";
}

/** Send what is kept. @param {() => void} redraw */
async function flush(redraw) {
  const root = rootNow();
  const kept = root && read(root);
  const dialog = document.querySelector("#builder-conflict");
  if (!kept || isSending || dialog.open) return;
  isSending = true;
  try {
    const { refused, state } = await requestJSON(root.dataset.editsUrl, { json: kept, signal: AbortSignal.timeout(20000) });
    dropDraft(root.dataset.outbox);
    say(root);
    const number = kept.changes.length - refused.length;
    toast(`${number} of ${kept.changes.length} changes that were kept here are saved.`);
    if (state === "submitted" && kept.changes.some(({ action }) => action === "submit")) toast("The dialogue is submitted.");
    refused.forEach((sentence) => toast(`Not changed: ${sentence}`, { seconds: 20 }));
    redraw();
  } catch (error) {
    if (error.status === 409) ask(root, dialog, kept, error, redraw);
    else if (error.status === 422) ask(root, dialog, kept, { message: error.message, body: { theirs: { revision: kept.revision, lines: [] } } }, redraw);
    else if (error.status) toast(error.message);
  } finally {
    isSending = false;
  }
}

const numbers = (root, utterances) => String(utterances ?? "").split(",")
  .map((pk) => root.querySelector(`[data-utterance="${CSS.escape(pk)}"]`)?.dataset.row).join(", ");

function words(root, { action, utterances, text, first, last }) {
  if (action === "range") return `rows ${first} to ${last}`;
  if (action === "text") return `row ${numbers(root, utterances)}: “${text}”`;
  if (action === "clean") return "directions taken out";
  if (action === "submit") return "it is submitted";
  return `row ${numbers(root, utterances)} ${action === "drop" ? "left out" : "taken back"}`;
}

function fill(place, sentences) {
  const list = document.createElement("ul");
  list.append(...sentences.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
  place.replaceChildren(list);
}

/** Show yours and theirs; both stay until the person has chosen. */
function ask(root, dialog, kept, { message, body }, redraw) {
  const { revision, lines } = body.theirs;
  dialog.querySelector("[data-conflict-message]").textContent = message;
  fill(dialog.querySelector("[data-conflict-yours]"), kept.changes.map((change) => words(root, change)));
  fill(dialog.querySelector("[data-conflict-theirs]"), lines.length ? lines : ["As it was before your changes."]);
  const mine = dialog.querySelector("[data-conflict-mine]");
  mine.onclick = () => {
    dialog.close();
    keepDraft(root.dataset.outbox, JSON.stringify({ ...kept, revision }));
    flush(redraw);
  };
  dialog.querySelector("[data-conflict-drop]").onclick = () => {
    dialog.close();
    dropDraft(root.dataset.outbox);
    say(root);
    redraw();
  };
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
}
