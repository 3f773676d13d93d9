/** Submitting: what is on its way goes first; while the server is away the press is kept in this
 *  browser and sent after the edits before it, once: its key tells the server that it came before. */
import { newKey, toast } from "../rickproject/frame.js";
import { requestJSON } from "../rickproject/live.js";
import { dropDraft, keepDraft, readDraft } from "./drafts.js";

const AGAIN_MS = 4000;
const TRY_LATER = new Set([0, 401, 403, 408, 429]);

export class Submission {
  /** @param {HTMLFormElement} form whose button submits
   *  @param {{key: string, saver: import("./reader_saver.js").Saver,
   *           notes: {settle: () => Promise<boolean>, sendAll?: () => Promise<void>},
   *           done: (facts?: object) => void}} page done: hears that it is submitted */
  constructor(form, page) {
    Object.assign(this, { form, ...page });
    this.isSending = false;
    this.timer = 0;
    addEventListener("online", () => this.send());
  }

  /** The key of the press that waits, null where none does. */
  waiting() { return readDraft(this.key); }

  press() {
    if (this.waiting()) return;
    keepDraft(this.key, newKey());
    this.send({ isFirst: true });
  }

  /** Take up the press that a closed or offline page left. */
  resume() { if (this.waiting()) this.send(); }

  /** Take a press back that is not sent yet. @returns {boolean} whether one waited */
  withdraw(words = "It is not submitted.") {
    if (!this.waiting() || this.isFlying) return false;
    this.drop();
    toast(words);
    return true;
  }

  drop() {
    clearTimeout(this.timer);
    dropDraft(this.key);
    this.saver.sayKept();
  }

  async send({ isFirst = false } = {}) {
    if (this.isSending || !this.waiting() || this.saver.dialog.open) return;
    this.isSending = true;
    try {
      await this.sendNow(isFirst);
    } finally {
      this.isSending = false;
      this.isFlying = false;
    }
  }

  async sendNow(isFirst) {
    if (!(await this.saver.settle()) || !(await this.notes.settle())) return this.later(isFirst);
    const key = this.waiting();
    if (!key) return undefined;
    this.isFlying = true;
    const { layer, revision } = this.saver;
    const form = { layer, revision, client_key: key, ...(isFirst ? {} : { stays: "on" }) };
    try {
      const answer = await requestJSON(this.form.action, { form, signal: AbortSignal.timeout(20000) });
      this.drop();
      this.done(answer);
      if (isFirst) location.assign(answer.next);
      else toast(answer.words, { seconds: 12 });
    } catch (error) {
      this.failed(error, isFirst);
    }
    return undefined;
  }

  failed(error, isFirst) {
    if (error.status === 409) {
      this.saver.ask(error, { also: ["the scenes are submitted"] });
      return this.saver.dialog.open ? undefined : this.later(); // the same scenes under another revision
    }
    if (error.status >= 400 && error.status < 500 && !TRY_LATER.has(error.status)) {
      this.drop();
      return toast(error.message, { seconds: 12 });
    }
    if (isFirst && error.status) toast(error.message);
    return this.later(isFirst);
  }

  later(isTold) {
    if (isTold && !this.saver.dialog.open) {
      toast("Kept here. It is submitted, after the changes before it, as soon as the server is back.",
        { seconds: 12, action: { label: "Do not submit", run: () => this.withdraw() } });
    }
    this.saver.sayKept();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), AGAIN_MS);
  }
}
