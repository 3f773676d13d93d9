/** What a person did on this page and may take back, over a reload and a submission too.
 *
 *  A step back is a new change with a revision of its own: history is never rewritten, and what others
 *  wrote meanwhile is never taken back with it.
 *  @typedef {{kind: "scenes", positions: [number, boolean][], suggestions: [number, string, string][]}} SceneStep
 *  @typedef {{kind: "note", position: number, from: Note, to: Note, at: number}} NoteStep
 *  @typedef {{title: string, text: string}} Note
 *  @typedef {SceneStep | NoteStep | {kind: "submit"}} Step */
import { toast } from "../rickproject/frame.js";
import { keepDraft, readDraft } from "./drafts.js";
import { words } from "./reader_batch.js";

const MOST = 200;
const ONE_STEP_MS = 15000;
const GONE = "What you did here was changed since, so it cannot be taken back any more. The history has every revision.";

export class Steps {
  /** @param {string} key of the browser's storage, with the person in it
   *  @param {{isStart: (position: number) => boolean, isSubmitted: () => boolean,
   *           noteAt: (position: number) => Note | null, settled: () => Promise<void> | undefined, scenes: (step: SceneStep) => void,
   *           note: (step: NoteStep, side: "from" | "to") => void, submit: (isUndo: boolean) => void,
   *           withdraw: () => boolean}} page withdraw: takes back a submission that is not sent yet
   *  @param {{undo: HTMLButtonElement, redo: HTMLButtonElement}} buttons */
  constructor(key, page, buttons) {
    Object.assign(this, { key, page, buttons, why: "" });
    const kept = JSON.parse(readDraft(key) ?? "null");
    this.done = kept?.done ?? [];
    this.undone = kept?.undone ?? [];
    buttons.undo.addEventListener("click", () => this.undo());
    buttons.redo.addEventListener("click", () => this.redo());
  }

  /** Keep one step; a note that goes on being written is one. @param {Step} step */
  add(step) {
    const last = this.done.at(-1);
    const goesOn = step.kind === "note" && last?.kind === "note" && last.position === step.position
      && step.at - last.at < ONE_STEP_MS;
    if (goesOn) Object.assign(last, { to: step.to, at: step.at });
    else this.done.push(step);
    this.done.splice(0, this.done.length - MOST);
    this.undone = [];
    this.keep();
  }

  undo() { return this.take(true); }

  redo() { return this.take(false); }

  async take(isUndo) {
    if (isUndo && this.page.withdraw()) return;
    await this.page.settled(); // a note still on its way is a step too
    this.prune();
    const [from, to] = isUndo ? [this.done, this.undone] : [this.undone, this.done];
    const step = from.at(-1);
    if (!step) {
      toast(this.why || (isUndo ? "You have nothing to undo here." : "You have nothing to redo here."));
      this.why = "";
      return;
    }
    if (step.kind === "submit") {
      this.page.submit(isUndo);
      return;
    }
    from.pop();
    to.push(step);
    this.keep();
    if (step.kind === "scenes") this.page.scenes(isUndo ? inverse(step) : step);
    else this.page.note(step, isUndo ? "from" : "to");
  }

  /** The page is submitted: for the first time, or again. */
  submitted() {
    if (this.undone.at(-1)?.kind === "submit") {
      this.done.push(this.undone.pop());
      this.keep();
    } else {
      this.add({ kind: "submit" });
    }
  }

  /** A submission is taken back, by key or by its button. */
  reopened() {
    if (this.done.at(-1)?.kind !== "submit") return;
    this.undone.push(this.done.pop());
    this.keep();
  }

  /** Leave out what no longer stands as the step left it. */
  prune() {
    const before = this.done.length + this.undone.length;
    this.done = this.standing(this.done, true);
    this.undone = this.standing(this.undone, false);
    if (this.done.length + this.undone.length < before) this.why = GONE;
    this.keep();
  }

  /** The steps that can be taken one after the other from what is there now, the last one first. */
  standing(steps, isUndo) {
    const starts = new Map();
    const notes = new Map();
    let submitted = this.page.isSubmitted();
    const isThere = (step) => {
      if (step.kind === "submit") return submitted === isUndo;
      if (step.kind === "note") {
        const now = notes.get(step.position) ?? this.page.noteAt(step.position);
        if (now === null) return Boolean(starts.get(step.position)); // its scene comes back before it
        return same(now, isUndo ? step.to : step.from);
      }
      return step.positions.every(([at, on]) => (starts.get(at) ?? this.page.isStart(at)) === (on === isUndo));
    };
    const kept = steps.toReversed().filter((step) => {
      if (!isThere(step)) return false;
      if (step.kind === "submit") submitted = !submitted;
      else if (step.kind === "note") notes.set(step.position, isUndo ? step.from : step.to);
      else for (const [at, on] of step.positions) starts.set(at, on !== isUndo);
      return true;
    });
    return kept.reverse();
  }

  keep() {
    keepDraft(this.key, JSON.stringify({ done: this.done, undone: this.undone }), { isTold: false });
    this.show();
  }

  show() {
    for (const [name, steps] of [["undo", this.done], ["redo", this.undone]]) {
      this.buttons[name].disabled = !steps.length && !(name === "undo" && this.why);
      this.buttons[name].title = steps.length ? describe(steps.at(-1)) : "";
    }
  }
}

const same = (one, other) => one.title.trim() === other.title.trim() && one.text.trim() === other.text.trim();

/** The step that takes scenes back. @param {SceneStep} step @returns {SceneStep} */
export function inverse(step) {
  return {
    kind: "scenes",
    positions: step.positions.map(([position, on]) => [position, !on]).reverse(),
    suggestions: step.suggestions.map(([id, was, is]) => [id, is, was]).reverse(),
  };
}

function describe(step) {
  if (step.kind === "submit") return "the submission";
  if (step.kind === "note") return `the title and note from line ${step.position + 1}`;
  if (!step.positions.length) return "a suggestion dismissed";
  const [[position, on]] = step.positions;
  return words(position, on) + (step.positions.length > 1 ? ` and ${step.positions.length - 1} more` : "");
}
