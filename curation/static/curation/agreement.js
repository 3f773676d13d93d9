/** Agreement and adjudication: the strip, jumping from split to split, deciding by key. */
import { toast } from "../rickproject/frame.js";
import { bindCommands } from "../rickproject/commands.js";
import { bindKeys } from "../rickproject/keys.js";
import { requestJSON } from "../rickproject/live.js";
import "./talk.js";

/** The splits of the page, one of them current. */
class Splits {
  constructor(place) {
    this.all = [...place.querySelectorAll("[data-split]")];
    this.current = null;
  }

  at(position) { return this.all.find((split) => Number(split.dataset.split) === position); }

  show(split) {
    if (!split) return;
    this.current?.classList.remove("current");
    this.current = split;
    split.classList.add("current");
    split.focus({ preventScroll: true });
    split.scrollIntoView({ block: "center" });
  }

  step(by) {
    if (!this.all.length) { toast("There is no split."); return; }
    const here = this.all.indexOf(this.current);
    const next = here < 0 ? (by > 0 ? 0 : this.all.length - 1) : here + by;
    if (next < 0 || next >= this.all.length) toast(by > 0 ? "This was the last split." : "This was the first split.");
    else this.show(this.all[next]);
  }

  /** Go on to the next split that nobody decided. */
  goOn() {
    const here = this.all.indexOf(this.current);
    const open = this.all.slice(here + 1).concat(this.all.slice(0, here + 1))
      .find((split) => !("decided" in split.dataset));
    if (open) this.show(open);
  }
}

/** The strip: press a place, or go from mark to mark by arrow keys.
 *  @param {HTMLElement} strip @param {(position: number) => void} go */
function attachStrip(strip, go) {
  const marks = [...strip.querySelectorAll("rect")];
  const lines = Number(strip.ariaValueMax);
  let index = -1;
  const show = (position) => {
    for (const mark of marks) mark.toggleAttribute("data-here", Number(mark.dataset.position) === position);
    const mark = marks.find((one) => Number(one.dataset.position) === position);
    strip.ariaValueNow = String(position + 1);
    strip.ariaValueText = mark ? `line ${position + 1}, ${mark.dataset.votes} start a scene here` : `line ${position + 1}`;
    go(position);
  };
  const step = (by) => () => {
    index = Math.max(0, Math.min(marks.length - 1, index + by));
    if (marks.length) show(Number(marks[index].dataset.position));
  };
  bindKeys(strip, { Right: step(1), Down: step(1), Left: step(-1), Up: step(-1),
    Home: step(-marks.length), End: step(marks.length) });
  strip.addEventListener("click", (event) => {
    const box = strip.getBoundingClientRect();
    const wanted = Math.floor(((event.clientX - box.left) / box.width) * lines);
    const near = marks.map((mark) => Number(mark.dataset.position))
      .sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0];
    const position = near !== undefined && Math.abs(near - wanted) <= lines / 100 ? near : wanted;
    index = marks.findIndex((mark) => Number(mark.dataset.position) === position);
    show(position);
  });
}

/** @param {HTMLElement} place the script with everybody's scenes */
function attach(place) {
  const splits = new Splits(place);
  const go = (position) => {
    const line = document.querySelector(`#u${position}`);
    (splits.at(position) ?? line)?.scrollIntoView({ block: "center" });
  };
  const strip = document.querySelector("[data-strip]");
  if (strip) attachStrip(strip, go);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-to-split]");
    if (!link) return;
    event.preventDefault();
    splits.show(splits.at(Number(link.dataset.toSplit)));
  });
  bindCommands(document, { "splits.next": () => splits.step(1), "splits.previous": () => splits.step(-1),
    "splits.comment": () => splits.current?.querySelector("[data-talk]").click() });
  place.addEventListener("focusin", (event) => {
    const split = event.target.closest("[data-split]");
    if (!split || split === splits.current) return;
    splits.current?.classList.remove("current");
    splits.current = split;
    split.classList.add("current");
  });
  const form = document.querySelector("[data-decide]");
  if (form && !form.querySelector("fieldset[disabled]")) attachDecisions(form, splits);
}

function attachDecisions(form, splits) {
  const decide = async (choice, { goOn }) => {
    try {
      const answer = await requestJSON(form.action, { form: { choice } });
      show(answer, splits);
      if (goOn) splits.goOn();
    } catch (error) {
      toast(error.message, { seconds: 10 });
    }
  };
  for (const one of [form, document.querySelector("[data-majority]")]) {
    one.addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.submitter) decide(event.submitter.value, { goOn: one === form });
    });
  }
  const byNumber = (number) => () => {
    const button = splits.current?.querySelectorAll("button[name=choice]")[number - 1];
    if (button) decide(button.value, { goOn: true });
    else if (!splits.current) splits.step(1);
  };
  bindCommands(document, Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [`splits.take_${n}`, byNumber(n)])));
}

/** Write what was decided beside each split. */
function show({ undecided, decisions }, splits) {
  const words = new Map(decisions.map((one) => [one.position, one.words]));
  for (const split of splits.all) {
    const said = words.get(Number(split.dataset.split)) ?? "";
    split.toggleAttribute("data-decided", Boolean(said));
    split.querySelector("[data-decision]").textContent = said;
  }
  const count = splits.all.length;
  document.querySelector("[data-undecided]").textContent = `${undecided} of ${count} split${count === 1 ? "" : "s"} undecided`;
}

document.querySelectorAll(".votes").forEach(attach);
