/** The reader: wires the list of lines, its keys, its savings, the inspector and the map. */
import { toast } from "../rickproject/frame.js";
import { bindCommands } from "../rickproject/commands.js";
import { Inspector } from "./reader_inspector.js";
import { OwnMargin } from "./reader_own.js";
import { Lines } from "./reader_lines.js";
import { attachLive } from "./reader_live.js";
import { attachMap } from "./reader_map.js";
import { keepPlace } from "./reader_place.js";
import { Saver } from "./reader_saver.js";
import { inverse, Steps } from "./reader_steps.js";
import { Submission } from "./reader_submission.js";
import { attachTalk } from "./talk.js";

function attach(form) {
  document.querySelectorAll(".js-only").forEach((element) => { element.hidden = false; });
  const lines = new Lines(form.querySelector("[data-lines]"));
  const spans = JSON.parse(form.dataset.spans);
  const Margin = form.dataset.layer === "own" ? OwnMargin : Inspector;
  const inspector = new Margin(document.querySelector("[data-inspector]"), lines, {
    key: form.dataset.draftKey, spans, dialogueUrl: form.dataset.dialogueUrl, ready: () => saver.settle(), wrote: (step) => steps.add(step) });
  const map = attachMap(document.querySelector("[data-minimap]"), lines);
  const refresh = () => {
    const count = lines.starts().length;
    document.querySelector("[data-scene-count]").textContent = `${count} scene${count === 1 ? "" : "s"}`;
    inspector.follow();
    map.draw();
  };

  const saver = new Saver(form, {
    scenesSaved: (scenes) => scenes.forEach((scene) => lines.keepNote(scene)),
    refused: (step) => {
      show(inverse(step));
      steps.prune();
      refresh();
    },
    replaced: (starts) => {
      lines.replaceStarts(starts);
      refresh();
    },
    dropped: (step) => { show(inverse({ positions: [], suggestions: step.suggestions })); refresh(); },
    stateIs: (state) => {
      for (const part of document.querySelectorAll("[data-state-is]")) {
        part.hidden = !part.dataset.stateIs.split(" ").includes(state);
      }
    },
    stepsAgain: (step) => { show(step); refresh(); },
    chosen: (mine) => (mine ? submission.send() : submission.withdraw("Theirs is kept; nothing is submitted.")),
    starts: () => lines.starts(),
  });

  const show = (step) => {
    for (const [position, on] of step.positions) lines.setStart(position, on);
    for (const [id, , state] of step.suggestions) lines.showSuggestion(id, state === "open");
  };
  const run = (step) => {
    if (step.positions.length) submission.withdraw("You went on cutting, so it is not submitted. Submit it again when it is done.");
    show(step);
    saver.add(step);
    refresh();
  };
  const act = (step) => {
    if (!step.positions.length && !step.suggestions.length) return;
    run(step);
    steps.add({ kind: "scenes", ...step });
  };
  const find = (name) => document.querySelector(`[data-${name}]`);
  const steps = new Steps(`${form.dataset.draftKey}-steps`, {
    isStart: (position) => position < lines.count && lines.isStart(position),
    isSubmitted: () => saver.state === "submitted",
    noteAt: (position) => inspector.noteAt?.(position) ?? null,
    scenes: run,
    note: (step, side) => { lines.moveTo(step.position); inspector.put(step.position, step[side]); },
    submit: (isUndo) => (isUndo ? leaveBy(find("reopen")) : submission.press()),
    withdraw: () => submission.withdraw(),
    settled: () => inspector.saving,
  }, { undo: find("undo"), redo: find("redo") });

  const taken = ({ id, title }) => [id, "open", "accepted", title]; // a title only where it was written over
  const toggle = (position) => {
    if (position === 0) return toast("The first line of an episode always starts a scene.");
    const on = !lines.isStart(position);
    const offered = lines.suggestionAt(position);
    const suggestions = on && offered ? [taken(offered)] : [];
    return act({ positions: [[position, on]], suggestions });
  };
  const accept = (offers) => act({
    positions: offers.map((offer) => [offer.position, true]),
    suggestions: offers.map(taken),
  });
  const titled = (field) => field.matches("[data-suggested-title]") && lines.suggestionOf(field.closest(".suggestion"));
  const dismiss = (offer) => act({ positions: [], suggestions: [[offer.id, "open", "dismissed"]] });

  const acceptHere = () => {
    const offer = lines.suggestionAt(lines.cursor) ?? lines.nextSuggestion(lines.cursor);
    if (!offer) return toast("No suggestion is left below this line.");
    if (offer.position !== lines.cursor) return lines.moveTo(offer.position);
    return accept([offer]);
  };
  const acceptInView = () => {
    const offers = lines.suggestionsInView();
    if (!offers.length) return toast(lines.noneInView());
    accept(offers);
    const words = `${offers.length} suggestion${offers.length === 1 ? "" : "s"} accepted.`;
    return toast(words, { action: { label: "Undo", run: () => steps.undo() } });
  };
  const dismissHere = () => {
    const offer = lines.suggestionAt(lines.cursor);
    if (offer) dismiss(offer);
    return Boolean(offer);
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const line = event.target.closest(".line");
    if (line) lines.moveTo(lines.positionOf(line), { scroll: false });
    if (!button) return;
    event.preventDefault();
    const offer = lines.suggestionOf(button.closest(".suggestion"));
    if (button.name === "accept") accept([offer]);
    else if (button.name === "dismiss") dismiss(offer);
    else toggle(Number(button.value));
  });

  const followTalk = attachTalk(lines, form.dataset.lineUrl);
  lines.onMove = () => { inspector.follow(); map.draw(); followTalk(); };
  const move = (by) => () => lines.moveTo(lines.cursor + by);
  const far = (by) => () => lines.moveTo(Math.max(0, Math.min(lines.count - 1, lines.cursor + by)));
  bindCommands(document, {
    "reader.next": move(1), "reader.previous": move(-1),
    "reader.page_on": far(10), "reader.page_back": far(-10),
    "reader.first": () => lines.moveTo(0), "reader.last": () => lines.moveTo(lines.count - 1),
    "reader.next_scene": () => lines.moveTo(lines.nextStart(lines.cursor)),
    "reader.previous_scene": () => lines.moveTo(lines.previousStart(lines.cursor)),
    "reader.toggle": () => toggle(lines.cursor),
    "reader.note": () => inspector.focus("note"),
    "reader.title": () => { const field = lines.suggestionAt(lines.cursor)?.field; if (field) field.select(); else inspector.focus("title"); },
    "reader.accept": acceptHere, "reader.accept_in_view": acceptInView,
    "reader.dismiss": () => dismissHere() || false,
  });
  bindCommands(inspector.element, { "note.leave": () => lines.focus() });
  bindCommands(form, {
    "note.leave": ({ target }) => titled(target) && lines.focus(),
    "note.accept": ({ target }) => titled(target) && (accept([titled(target)]), lines.focus()),
  });
  form.addEventListener("focusin", ({ target }) => {
    const offer = titled(target);
    if (offer) lines.moveTo(offer.position, { focus: false, scroll: false });
  });

  const submission = new Submission(find("submit"), {
    key: saver.submissionKey, saver, notes: inspector,
    done: ({ state }) => {
      saver.submitted(state);
      steps.submitted();
    },
  });
  find("submit").addEventListener("submit", (event) => { event.preventDefault(); submission.press(); });

  const leaveBy = async (other) => {
    if (!(await saver.settle()) || !(await inspector.settle())) return toast("This needs the server. What you did is kept here.");
    if ("reopen" in other.dataset) steps.reopened();
    return other.submit();
  };
  for (const other of document.querySelectorAll("[data-suggest], [data-reopen]")) {
    other.addEventListener("submit", (event) => {
      event.preventDefault();
      leaveBy(other);
    });
  }
  const begin = keepPlace(`${form.dataset.draftKey}-place`, () => lines.cursor);
  const goToAddress = (focus) => {
    const wanted = /^#u(\d+)$/.exec(location.hash);
    const at = wanted ? Number(wanted[1]) : begin;
    lines.moveTo(at, { scroll: Boolean(at), focus });
  };
  addEventListener("hashchange", () => goToAddress(true));
  goToAddress(false);
  saver.resume();
  inspector.sendAll?.();
  submission.resume();
  steps.show();
  refresh();
  attachLive(form, saver, {
    noteSum: () => lines.starts().reduce((sum, start) => sum + (lines.notes.get(start)?.revision ?? 0), 0),
    notes: (scenes) => { scenes.forEach((scene) => lines.keepNote(scene)); inspector.refresh?.(); },
  });
}

document.querySelectorAll("[data-reader]").forEach(attach);
