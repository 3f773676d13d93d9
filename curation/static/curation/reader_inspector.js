/** The inspector: title and note of the scene under the cursor, its history and its dialogues. */
import { toast } from "../rickproject/frame.js";
import { requestJSON } from "../rickproject/live.js";
import { draftKeys, dropDraft, keepDraft, keptWords, readDraft } from "./drafts.js";
import { attachHistory } from "./reader_note_history.js";
import { showDialogues } from "./reader_scene_dialogues.js";

const PAUSE = 1200;

export class Inspector {
  /** @param {HTMLElement} element @param {import("./reader_lines.js").Lines} lines
   *  @param {{key: string, spans: [number, number, string, number][], dialogueUrl: string,
   *           ready: () => Promise<boolean>, wrote: (step: object) => void}} options ready: the scenes
   *  themselves are saved; wrote: hears of each title or note that was saved */
  constructor(element, lines, options) {
    Object.assign(this, { element, lines, ...options });
    this.form = element.querySelector("[data-note]");
    this.title = this.form.elements.title;
    this.text = this.form.elements.text;
    this.sign = element.querySelector("[data-note-state]");
    this.dialog = document.querySelector("#note-conflict");
    this.history = element.querySelector("[data-history]");
    addEventListener("online", () => this.sendAll());
    Object.assign(this, { position: -1, timer: 0, saving: Promise.resolve(), refused: new Set() });
    element.querySelectorAll(".no-js-only, [data-history-link]").forEach((part) => { part.hidden = true; });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    this.form.addEventListener("input", () => this.typed());
    this.form.addEventListener("focusout", (event) => {
      if (!this.form.contains(event.relatedTarget)) this.save();
    });
    attachHistory(this.history, this);
  }

  /** Put the cursor into a field. @param {"note" | "title"} field */
  focus(field) {
    this.element.dataset.open = "";
    (field === "title" ? this.title : this.text).focus();
  }

  url(position) { return this.form.dataset.url.replace(/\/0\/$/, `/${position}/`); }

  draftKey(position) { return `${this.key}-note-${position}`; }

  /** Show the scene under the cursor; what was typed for another one is saved first. */
  follow() {
    const scene = this.lines.sceneAt(this.lines.cursor);
    this.element.querySelector("[data-inspector-name]").textContent = `Scene ${scene.number}`;
    this.element.querySelector("[data-inspector-range]").textContent = `Lines ${scene.first + 1} to ${scene.last + 1}`;
    const known = JSON.stringify([scene.first, scene.last, scene.head.dataset.scene]);
    if (known !== this.shown) { this.shown = known; showDialogues(this, scene); }
    if (scene.first === this.position) return;
    this.save();
    this.position = scene.first;
    this.load();
  }

  load() {
    const note = this.lines.notes.get(this.position) ?? { title: "", note: "", revision: 0 };
    const draft = JSON.parse(readDraft(this.draftKey(this.position)) ?? "null");
    this.title.value = draft?.title ?? note.title;
    this.text.value = draft?.text ?? note.note;
    this.revision = draft?.revision ?? note.revision;
    this.history.open = false;
    this.say(draft ? "not saved yet" : "");
    if (draft) this.typed();
  }

  /** Show what a colleague wrote meanwhile, where nothing of one's own waits. */
  refresh() {
    const note = this.lines.notes.get(this.position);
    if (note && note.revision !== this.revision && !readDraft(this.draftKey(this.position))) this.load();
  }

  typed() {
    const draft = { title: this.title.value, text: this.text.value, revision: this.revision };
    keepDraft(this.draftKey(this.position), JSON.stringify(draft));
    this.refused.delete(this.position);
    this.say("…");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  /** Save what is in the fields, one after the other. @returns {Promise<void>} */
  save() {
    clearTimeout(this.timer);
    if (!readDraft(this.draftKey(this.position))) return this.saving;
    const position = this.position;
    this.saving = this.saving.then(() => this.send(position));
    return this.saving;
  }

  /** Positions of scenes whose title or note is kept here, not saved yet. @returns {number[]} */
  waiting() { return draftKeys(this.draftKey("")).map((key) => Number(key.slice(this.draftKey("").length))); }

  /** Send every note that is kept here, of whichever scene, in the order of the script. */
  sendAll() {
    clearTimeout(this.timer);
    for (const position of this.waiting().sort((a, b) => a - b)) this.saving = this.saving.then(() => this.send(position));
    return this.saving;
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sendAll(), 4000);
  }

  async send(position) {
    const kept = readDraft(this.draftKey(position));
    if (!kept || this.dialog.open) return;
    if (!(await this.ready())) { this.say(keptWords(this.draftKey(position), this.waiting().length)); this.later(); return; }
    const draft = JSON.parse(kept);
    const here = () => this.position === position;
    if (here()) this.say("saving…");
    try {
      const note = await requestJSON(this.url(position), { json: draft, signal: AbortSignal.timeout(20000) });
      const before = this.noteAt(position);
      const after = { title: note.title, text: note.text };
      if (before && !draft.isStep) this.wrote({ kind: "note", position, from: before, to: after, at: Date.now() });
      if (readDraft(this.draftKey(position)) === kept) dropDraft(this.draftKey(position));
      else this.rebase(position, note.revision);
      this.took(position, note);
      if (here()) this.say("saved");
    } catch (error) {
      if (error.status === 409) return this.ask(position, draft, error);
      this.say(keptWords(this.draftKey(position), this.waiting().length));
      if (error.status !== 422) return this.later();
      this.refused.add(position);
      return toast(error.message);
    }
  }

  /** The title and note that are saved; null where no scene starts. @param {number} position */
  noteAt(position) {
    if (position && !this.lines.isStart(position)) return null;
    const note = this.lines.notes.get(position);
    return { title: note?.title ?? "", text: note?.note ?? "" };
  }

  /** Write a title and note again, as a step back or forth. @param {number} position @param {{title: string, text: string}} note */
  put(position, note) {
    const revision = this.lines.notes.get(position)?.revision ?? 0;
    keepDraft(this.draftKey(position), JSON.stringify({ ...note, revision, isStep: true }));
    if (this.position === position) {
      this.title.value = note.title;
      this.text.value = note.text;
    }
    this.saving = this.saving.then(() => this.send(position));
  }

  rebase(position, revision) {
    const draft = JSON.parse(readDraft(this.draftKey(position)));
    keepDraft(this.draftKey(position), JSON.stringify({ ...draft, revision }));
  }

  took(position, note) {
    if (this.position === position) this.revision = note.revision;
    this.lines.keepNote({ position, title: note.title, note: note.text, noteRevision: note.revision });
  }

  /** Show yours and theirs until the person has chosen. */
  ask(position, yours, error) {
    const theirs = error.body.theirs;
    this.say("not saved: somebody was faster");
    this.dialog.querySelector("[data-conflict-message]").textContent = error.message;
    for (const [side, note] of [["yours", yours], ["theirs", theirs]]) {
      this.dialog.querySelector(`[data-conflict-${side}]`).textContent = [note.title, note.text].filter(Boolean).join("\n\n");
    }
    const close = () => { this.dialog.close(); this.took(position, theirs); };
    this.dialog.querySelector("[data-conflict-mine]").onclick = () => {
      close();
      this.rebase(position, theirs.revision);
      this.save();
    };
    this.dialog.querySelector("[data-conflict-drop]").onclick = () => {
      close();
      dropDraft(this.draftKey(position));
      if (this.position === position) this.load();
    };
    this.dialog.oncancel = (event) => event.preventDefault();
    this.dialog.showModal();
  }

  /** Show a note that was brought back. */
  restored(note) {
    this.wrote({ kind: "note", position: this.position, from: this.noteAt(this.position), to: { title: note.title, text: note.text }, at: 0 });
    dropDraft(this.draftKey(this.position));
    this.took(this.position, note);
    this.load();
    this.say("restored");
  }

  /** Wait until every note is saved that a rule does not refuse. @returns {Promise<boolean>} */
  async settle() {
    await this.sendAll();
    return this.waiting().every((position) => this.refused.has(position));
  }

  say(text) { this.sign.textContent = text; }
}
