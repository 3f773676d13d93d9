/** Comments on lines: a dialog over the script, marks beside the lines that are talked about. */
import { toast } from "../rickproject/frame.js";
import { request } from "../rickproject/live.js";
import "./mentions.js";
import { dropDraft, keepDraft, readDraft } from "./drafts.js";

const dialog = document.querySelector("#talk");
const body = dialog?.querySelector("[data-talk-body]");
let opener = null;

/** Open what is said at an address. @param {string} url */
function open(url) {
  opener = document.activeElement;
  body.replaceChildren();
  dialog.showModal();
  load(url);
}

/** Show what an address answers; a form's refusal is shown the same way.
 *  @param {string} url @param {HTMLFormElement} [form] what to send there */
async function load(url, form) {
  const sent = form && new FormData(form);
  try {
    const response = await request(url, { form: sent, headers: { accept: "text/html", "hx-request": "true" } });
    if (form) dropDraft(draftKey(form));
    show(await response.text());
  } catch (error) {
    if (error.status === 422 && error.body) show(error.body);
    else toast(error.message);
  }
}

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  body.replaceChildren(...page.body.childNodes);
  shown();
}

const position = (url, at) => url.replace("/lines/0/", `/lines/${at}/`);
const draftKey = (form) => `${dialog.dataset.draft}-${new URL(form.action).pathname}`;

/** Bring a line's mark up to date. @param {number} at @param {number} count of open threads @param {string} url */
function mark(at, count, url) {
  const line = document.querySelector(`#u${at}`);
  if (!line) return;
  const old = line.querySelector(".said:not(.said-new)");
  line.classList.toggle("talked", count > 0);
  if (!count) { old?.remove(); return; }
  const link = old ?? Object.assign(document.createElement("a"), { className: "said" });
  link.dataset.talk = "";
  link.href = url;
  link.textContent = count;
  link.ariaLabel = `${count} open thread${count === 1 ? "" : "s"} on line ${at + 1}`;
  if (!old) line.append(link);
}

/** Mark the lines that are talked about now, and no others.
 *  @param {Record<string, number>} open threads by position @param {string} url of the first line's comments */
export function showMarks(open, url) {
  const marked = [...document.querySelectorAll(".line > .said:not(.said-new)")].map((link) => link.parentElement.id.slice(1));
  for (const at of new Set([...marked, ...Object.keys(open)])) mark(Number(at), open[at] ?? 0, position(url, at));
}

function shown() {
  const part = body.querySelector(".talk");
  if (!part) return;
  document.querySelector("#talk-title").textContent = `Comments on line ${Number(part.dataset.position) + 1}`;
  const url = body.querySelector("form[action*='/lines/']")?.getAttribute("action") ?? "#";
  mark(Number(part.dataset.position), Number(part.dataset.open), url);
  for (const form of body.querySelectorAll("form")) {
    const field = form.querySelector("textarea");
    const kept = field && readDraft(draftKey(form));
    if (!kept || field.value) continue;
    field.value = kept;
    const fold = form.closest("details");
    if (fold) fold.open = true;
  }
  part.querySelector(".errorlist ~ textarea, #talk-text").focus();
}

if (dialog) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-talk]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link.href);
  });
  body.addEventListener("input", (event) => {
    if (event.target.matches("textarea")) keepDraft(draftKey(event.target.form), event.target.value);
  });
  body.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) event.target.form.requestSubmit();
  });
  body.addEventListener("submit", (event) => {
    event.preventDefault();
    load(event.target.action, event.target);
  });
  dialog.addEventListener("close", () => opener?.isConnected && opener.focus({ preventScroll: true }));
}

/** Let the links beside the reader follow the cursor, and one at the line itself.
 *  @param {import("./reader_lines.js").Lines} lines @param {string} url of the first line's comments */
export function attachTalk(lines, url) {
  const here = Object.assign(document.createElement("a"), { className: "said said-new" });
  here.dataset.talk = "line";
  here.tabIndex = -1;
  const beside = (kind) => document.querySelector(`[data-command][data-talk="${kind}"]`);
  const links = { line: beside("line"), scene: beside("scene") };
  let at = -1;
  links.scene?.addEventListener("click", () => {
    links.scene.href = `${position(url, lines.sceneAt(lines.cursor).first)}?on=scene`;
  });
  return function follow() {
    if (lines.cursor === at) return;
    at = lines.cursor;
    here.href = position(url, at);
    here.ariaLabel = `Comment on line ${at + 1}`;
    if (links.line) links.line.href = here.href;
    lines.rows[at]?.append(here);
  };
}
