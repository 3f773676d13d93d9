/** The dialogue builder: keys and mouse over one scene, its training record beside it. */
import { bindCommands, pressWords } from "../rickproject/commands.js";
import { toast } from "../rickproject/frame.js";
import { attachOutbox } from "./builder_outbox.js";
import { attachRecord } from "./builder_record.js";
import { attachRows } from "./builder_rows.js";

/** What outlives a swap of the page's part: where the cursor was, whether the record is hidden. */
const kept = { row: 0, hasFocus: false, hidesRecord: false };

/** @param {HTMLElement} root the part of the page that the server draws anew after each change */
function attach(root) {
  const record = attachRecord(root);
  const rows = attachRows(root.querySelector("[data-rows]"), {
    row: kept.row,
    hasFocus: kept.hasFocus,
    onChoose: (first, last) => chosen(root, record, first, last),
  });
  root.toggleAttribute("data-no-record", kept.hidesRecord);
  attachTexts(root, record);
  return { root, rows, record };
}

function chosen(root, record, first, last) {
  for (const [name, value] of [["first", first], ["last", last]]) {
    root.querySelector(`#choose-${name}`)?.setAttribute("value", value);
    const field = root.querySelector(`#choose-${name}`);
    if (field) field.value = value;
    const hidden = root.querySelector(`[data-${name}]`);
    if (hidden) hidden.value = value;
  }
  if (!root.dataset.dialogue && last > first) record.show({ first, last });
}

function attachTexts(root, record) {
  for (const edit of root.querySelectorAll("[data-edit]")) {
    const box = edit.querySelector("textarea");
    const form = edit.closest("form");
    const save = edit.querySelector("[data-save-text]");
    const utterance = form.elements.utterances.value;
    box.addEventListener("input", () => record.show({ dialogue: root.dataset.dialogue, utterance, text: box.value }));
    edit.querySelector("[data-original-back]")?.addEventListener("click", () => {
      box.value = box.dataset.original;
      save.click();
    });
    const close = () => {
      edit.open = false;
      box.value = box.defaultValue;
      record.back();
      edit.closest("li").focus();
    };
    bindCommands(edit, { "line.keep": () => save.click(), "line.leave": close });
  }
}

function send(page, values) {
  const form = page.root.querySelector("#change");
  if (!form) {
    toast(`Make a dialogue first: choose rows and ${pressWords("builder.make")}.`);
    return;
  }
  values.revision = form.elements.revision.value;
  window.htmx.ajax("POST", form.getAttribute("action"), { target: "#builder", swap: "outerHTML settle:0ms", values })?.catch(() => {}); // its events tell
}

function make(page) {
  const [first, last] = page.rows.chosen();
  const button = page.root.querySelector("[data-create]");
  if (!button) return toast(`Choose rows for a new dialogue first: ${pressWords("builder.new")}.`);
  if (last <= first) return toast(`Choose rows first: ${pressWords("builder.more")}, or drag over the row numbers.`);
  chosen(page.root, { show() {} }, first, last);
  return button.click();
}

function dropRows(page) {
  const lines = page.rows.chosenLines().filter((line) => "member" in line.dataset);
  if (!lines.length) return toast("These rows are in no dialogue that you have open.");
  const action = lines.every((line) => "dropped" in line.dataset) ? "keep" : "drop";
  return send(page, { action, utterances: lines.map((line) => line.dataset.utterance).join(",") });
}

function setEdge(page, edge) {
  const here = page.rows.row();
  if (!page.root.dataset.dialogue) {
    const [first, last] = page.rows.chosen();
    return edge === "first" ? page.rows.choose(here, Math.max(here, last)) : page.rows.choose(Math.min(first, here), here);
  }
  const members = page.root.querySelectorAll("[data-member]");
  const first = edge === "first" ? here : Number(members[0].dataset.row);
  const last = edge === "last" ? here : Number(members[members.length - 1].dataset.row);
  return send(page, { action: "range", first, last });
}

function editText(page) {
  const edit = page.rows.line()?.querySelector("[data-edit]");
  if (!edit) return toast("Only rows of the open dialogue can be edited.");
  edit.open = true;
  const box = edit.querySelector("textarea");
  box.focus();
  return box.setSelectionRange(box.value.length, box.value.length);
}

let page = null;

function start() {
  const root = document.querySelector("[data-builder]");
  if (page && page.root === root) return;
  page = root?.querySelector("[data-rows]") ? attach(root) : null;
}

const waiting = [];
let isBusy = false;

/** Run a step on the page as it is now, after those before it.
 *  While a change is on its way, steps wait for its answer: they would not know its revision.
 *  @param {(page: any) => any} step @param {{waits?: boolean}} options */
const here = (step, { waits = true } = {}) => () => {
  if (!page) return false;
  if (isBusy && (waits || waiting.length)) waiting.push(step);
  else step(page);
  return undefined;
};
const move = (count) => here(({ rows }) => rows.move(count), { waits: false });
const extend = (count) => here(({ rows }) => rows.extend(count));
const press = (selector) => here(({ root }) => root.querySelector(selector)?.click());

function answered() {
  start();
  if (page?.root.querySelector("[role=alert]")) waiting.length = 0; // nobody saw yet what went wrong
  setTimeout(() => {
    isBusy = false; // only now, with the answer wholly dealt with, htmx takes the next request
    while (page && waiting.length && !isBusy) waiting.shift()(page);
  });
}

bindCommands(document, {
  "builder.next": move(1),
  "builder.previous": move(-1),
  "builder.more": extend(1),
  "builder.less": extend(-1),
  "builder.start": here((now) => setEdge(now, "first")),
  "builder.end": here((now) => setEdge(now, "last")),
  "builder.make": here(make),
  "builder.drop": here(dropRows),
  "builder.edit": here(editText),
  "builder.record": here(({ root }) => {
    kept.hidesRecord = root.toggleAttribute("data-no-record");
  }),
  "builder.unchoose": () => {
    here(({ rows }) => rows.choose(rows.row(), rows.row()))();
    return false;
  },
  "builder.undo": press("[data-undo]"),
  "builder.redo": press("[data-redo]"),
});
document.addEventListener("htmx:beforeRequest", () => {
  isBusy = true;
});
document.addEventListener("htmx:responseError", () => {
  isBusy = false;
  waiting.length = 0;
});
for (const kept of ["htmx:sendError", "builder:kept"]) {
  document.addEventListener(kept, (event) => {
    if (kept === "htmx:sendError" && !event.detail.isKept) waiting.length = 0;
    answered();
  });
}
document.addEventListener("htmx:beforeSwap", () => {
  kept.row = page?.rows.row() ?? 0;
  kept.hasFocus = Boolean(page?.root.querySelector("[data-rows]")?.contains(document.activeElement));
});
document.addEventListener("htmx:afterSettle", answered);
attachOutbox(() => window.htmx.ajax("GET", window.location.href, { target: "#builder", swap: "outerHTML settle:0ms" })?.catch(() => {}));
window.addEventListener("popstate", () => window.location.reload());
start();
