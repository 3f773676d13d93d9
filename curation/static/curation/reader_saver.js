/** Saves batches of edits one after the other; a draft in the browser outlives every failure. */
import { toast } from "../rickproject/frame.js";
import { requestJSON } from "../rickproject/live.js";
import { dropDraft, keepDraft, keptWords, readDraft } from "./drafts.js";
import { body, empty, fill, isThere, merge, size, toStep, words } from "./reader_batch.js";

export class Saver {
  /** @param {HTMLFormElement} form carries data-edits-url, data-revision, data-draft-key
   *  @param {{scenesSaved: Function, refused: Function, replaced: Function, stepsAgain: Function,
   *           dropped: Function, stateIs: Function, chosen: (mine: boolean) => void,
   *           starts: () => number[]}} page what the page does with the outcomes */
  constructor(form, page) {
    this.url = form.dataset.editsUrl;
    this.page = page;
    this.layer = form.dataset.layer;
    this.key = form.dataset.draftKey;
    this.revision = Number(form.dataset.revision);
    this.state = form.dataset.state;
    this.base = page.starts ? new Set(page.starts()) : new Set();
    Object.assign(this, { waiting: empty(), flying: null, failures: 0, submissionKey: `${this.key}-submit` });
    this.sign = document.querySelector("[data-saved]");
    this.dialog = document.querySelector("#scenes-conflict");
    addEventListener("online", () => this.send());
    addEventListener("beforeunload", (event) => { if (this.isDirty()) event.preventDefault(); });
  }

  isDirty() { return Boolean(this.flying) || size(this.waiting) > 0; }

  /** Add one step to what waits, and save soon. */
  add(step) {
    for (const [position, on] of step.positions) {
      if (!this.waiting.before.has(position)) this.waiting.before.set(position, !on);
      this.waiting.positions.set(position, on);
    }
    for (const [id, was, state, title] of step.suggestions) {
      if (typeof title === "string") this.waiting.titles.set(id, title);
      if (!this.waiting.was.has(id)) this.waiting.was.set(id, was);
      this.waiting.suggestions.set(id, state);
    }
    this.keepDraft();
    if (this.failures) this.sayKept();
    this.send();
  }

  /** Say what waits for the server: changes, a submission after them; nothing where nothing does. */
  sayKept() {
    const isSubmitted = Boolean(readDraft(this.submissionKey));
    const number = size(merge(this.flying ?? empty(), this.waiting));
    if (number || isSubmitted) this.say(keptWords(number ? this.key : this.submissionKey, number, { isSubmitted }));
    else if (/^(Offline|Logged out)/.test(this.sign.textContent)) this.say("");
  }

  resume() { // the draft that a closed or offline page left
    const draft = JSON.parse(readDraft(this.key) ?? "null");
    if (!draft) return;
    this.revision = draft.revision;
    this.base = new Set(draft.base);
    this.page.stepsAgain(draft.step);
    this.add(draft.step);
    toast("Your changes that were not saved yet are back.");
  }

  async send() {
    if (this.flying || !size(this.waiting) || this.dialog.open) return;
    this.flying = this.waiting;
    this.waiting = empty();
    if (!this.failures) this.say("saving…");
    try {
      const answer = await requestJSON(this.url, { json: { revision: this.revision, layer: this.layer, ...body(this.flying) },
        signal: AbortSignal.timeout(20000) });
      this.saved(answer);
    } catch (error) {
      this.failed(error);
    }
  }

  saved(answer) {
    for (const [position, on] of this.flying.positions) {
      if (on) this.base.add(position); else this.base.delete(position);
    }
    this.flying = null;
    this.failures = 0;
    this.setRevision(answer.revision);
    this.state = answer.state;
    this.page.stateIs(answer.state);
    this.page.scenesSaved(answer.scenes);
    this.keepDraft();
    this.say(size(this.waiting) ? "saving…" : "saved");
    this.send();
  }

  failed(error) {
    const batch = this.flying;
    this.flying = null;
    if (error.status === 409) {
      this.waiting = merge(batch, this.waiting);
      return this.ask(error);
    }
    if (error.status >= 400 && error.status < 500 && ![401, 403, 408, 429].includes(error.status)) {
      this.page.refused(toStep(merge(batch, this.waiting)));
      this.waiting = empty();
      this.keepDraft();
      this.say("not changed");
      return toast(error.message, { seconds: 12 });
    }
    this.waiting = merge(batch, this.waiting);
    this.failures += 1;
    this.sayKept();
    if (this.failures === 1 && error.status) toast(error.message);
    setTimeout(() => this.send(), Math.min(30, 2 ** this.failures) * 1000);
    return undefined;
  }

  /** Show yours and theirs; both stay until the person has chosen.
   *  @param {{also?: string[]}} options also: what else waits, in words */
  ask(error, { also = [] } = {}) {
    const theirs = error.body.theirs;
    const now = new Set(theirs.scenes.map((scene) => scene.position));
    if (isThere(this.base, this.waiting, now)) return this.arrived(theirs, now);
    const yours = [...this.waiting.positions].map(([position, on]) => words(position, on)).concat(also);
    const changes = [...now].filter((p) => !this.base.has(p)).map((p) => words(p, true))
      .concat([...this.base].filter((p) => !now.has(p)).map((p) => words(p, false)));
    fill(this.dialog.querySelector("[data-conflict-yours]"), yours);
    fill(this.dialog.querySelector("[data-conflict-theirs]"), changes);
    this.dialog.querySelector("[data-conflict-message]").textContent = error.message;
    this.say("not saved: somebody was faster");
    const choose = (mine) => {
      this.dialog.close();
      const step = toStep(this.waiting);
      this.waiting = empty();
      this.base = now;
      this.setRevision(theirs.revision);
      this.page.replaced([...now]);
      this.page.scenesSaved(theirs.scenes);
      this.keepDraft();
      this.say(mine ? "saving…" : "theirs kept");
      this.page.stateIs(theirs.state);
      if (mine) { this.page.stepsAgain(step); this.add(step); } else this.page.dropped(step);
      this.page.chosen(mine);
    };
    this.dialog.querySelector("[data-conflict-mine]").onclick = () => choose(true);
    this.dialog.querySelector("[data-conflict-drop]").onclick = () => choose(false);
    this.dialog.oncancel = (event) => event.preventDefault();
    this.dialog.showModal();
    return undefined;
  }

  arrived(theirs, now) {
    this.base = now;
    this.waiting.positions.clear();
    this.setRevision(theirs.revision);
    this.page.scenesSaved(theirs.scenes);
    this.keepDraft();
    this.say("saved");
    this.send();
  }

  /** Show what a colleague saved, while nothing of one's own waits. @returns {boolean} whether it is new */
  adopt(theirs) {
    if (this.isDirty() || this.dialog.open || theirs.revision < this.revision) return false;
    this.state = theirs.state;
    this.page.stateIs(theirs.state);
    if (theirs.revision === this.revision) return false;
    this.base = new Set(theirs.scenes.map((scene) => scene.position));
    this.setRevision(theirs.revision);
    this.page.replaced([...this.base]);
    this.page.scenesSaved(theirs.scenes);
    return true;
  }

  submitted(state = "submitted") {
    this.state = state;
    this.page.stateIs(state);
    this.say("");
  }

  setRevision(revision) {
    this.revision = revision;
    for (const field of document.querySelectorAll("input[data-revision]")) field.value = revision;
  }

  keepDraft() {
    const all = merge(this.flying ?? empty(), this.waiting);
    if (!size(all)) dropDraft(this.key);
    else keepDraft(this.key, JSON.stringify({ revision: this.revision, base: [...this.base], step: toStep(all) }));
  }

  /** Wait until all is saved. @returns {Promise<boolean>} false if something is in the way */
  async settle() {
    for (let tries = 0; this.isDirty() && (this.flying || !this.failures) && tries < 100 && !this.dialog.open; tries += 1) {
      await new Promise((resume) => { setTimeout(resume, 50); });
    }
    return !this.isDirty();
  }

  say(text) { this.sign.textContent = text; }
}
