/** The review queue: the next dialogue is fetched while this one is read, and shown by the key that
 *  decides; the decision is sent beside it, and whoever is refused is told and led back. */
import { bindCommands } from "../rickproject/commands.js";
import { request } from "../rickproject/live.js";

const sending = new Set(); // dialogues whose decision has no answer yet
/** @type {Promise<HTMLElement | null> | null} */
let ahead = null;
const GLANCE_MS = 300; // no decision on what was shown for less: keys and clicks in a row are meant for the one before
let last = Promise.resolve(); // decisions arrive in the order in which they were made
const part = () => document.querySelector("[data-queue]");

/** Fetch the part with the next dialogue. @returns {Promise<HTMLElement | null>} */
async function fetchPart(address) {
  const answer = await request(address, { headers: { accept: "text/html", "hx-request": "true" } }).catch(() => null);
  return answer && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-queue]");
}

/** Fetch what comes after the dialogue that is shown. */
function lookAhead() {
  const { dialogue, aheadUrl } = part()?.dataset ?? {};
  if (!dialogue || part().querySelector("[data-fix]")) return;
  ahead = fetchPart(`${aheadUrl}&ahead=${[...sending, dialogue].join(",")}&last=${dialogue}`);
}

function show(next) {
  part().replaceWith(next);
  document.dispatchEvent(new CustomEvent("htmx:afterSwap")); // hints of keys and times are drawn by it
  window.scrollTo({ top: 0 });
  attach(next);
  setTimeout(() => next.toggleAttribute("data-ready", true), GLANCE_MS);
}

function tell(text) {
  document.querySelector("[data-said]").textContent = text;
}

/** Say what was refused, with the way back and the words that were typed. */
function refuse(dialogue, message, reason, retry) {
  const notice = document.createElement("div");
  notice.className = "notice";
  notice.dataset.kind = "bad";
  notice.setAttribute("role", "alert");
  const words = document.createElement("p");
  document.querySelector(`[data-review-undo="${dialogue}"]`)?.remove(); // there is nothing to take back
  const what = retry ? "has not arrived" : "does not count";
  words.textContent = `Your decision on dialogue ${dialogue} ${what}. ${message}${reason ? ` Your reason was: “${reason}”` : ""} `;
  const back = document.createElement(retry ? "button" : "a");
  back.textContent = retry ? "Send it again" : "Look at it again";
  if (retry) back.addEventListener("click", () => { notice.remove(); retry(); });
  else back.href = `${location.pathname}?dialogue=${dialogue}`;
  words.append(back);
  notice.append(words);
  document.querySelector("[data-refused]").append(notice);
}

async function send(dialogue, url, form) {
  sending.add(dialogue);
  try {
    const answer = await request(url, { form });
    tell((await answer.json()).words);
  } catch (error) {
    const retry = error.status ? null : () => send(dialogue, url, form);
    refuse(dialogue, error.message, form.get("reason"), retry);
  } finally {
    sending.delete(dialogue);
  }
}

async function decide(form, submitter) {
  const { dialogue } = part().dataset;
  if (sending.has(dialogue)) return; // the key was pressed twice
  const words = new FormData(form, submitter);
  sending.add(dialogue);
  const sent = last.then(() => send(dialogue, form.action, words));
  last = sent;
  let next = await ahead;
  if (!next?.dataset.dialogue) { // the last one: what is left is known once it is decided
    const { aheadUrl } = part().dataset;
    await sent;
    next = await fetchPart(`${aheadUrl}&last=${dialogue}`);
  }
  if (!next) return location.assign(location.pathname);
  history.replaceState(null, "", `${location.pathname}?dialogue=${dialogue}`); // Back shows it again
  history.pushState(null, "", location.pathname);
  return show(next);
}

/** @param {HTMLElement} queue the part with one dialogue */
function attach(queue) {
  queue.querySelector("[data-review-undo]")?.addEventListener("submit", (event) => {
    event.preventDefault(); // the decision itself may still be on its way
    last.then(() => event.target.submit());
  });
  const form = queue.querySelector("form.review-decision");
  if (!form) return;
  const reason = form.elements.reason;
  const hint = queue.querySelector("[data-reason-hint]");
  queue.querySelector("[data-return]")?.addEventListener("click", (event) => {
    if (reason.value.trim()) return;
    event.preventDefault();
    hint.hidden = false;
    reason.setAttribute("aria-describedby", hint.id);
    reason.focus();
  });
  form.addEventListener("submit", (event) => {
    if (!("ready" in queue.dataset)) {
      event.preventDefault();
      return tell("The next dialogue is here. Decide once you have read it.");
    }
    reason.blur(); // the next dialogue's keys act at once
    if (event.submitter?.value === "fixed") return undefined;
    event.preventDefault();
    return decide(form, event.submitter);
  });
  bindCommands(reason, {
    "reason.leave": () => reason.blur(),
    "reason.return": () => queue.querySelector("[data-return]")?.click(),
  });
  for (const line of queue.querySelectorAll("[data-fix]")) {
    bindCommands(line, {
      "mend.approve": () => queue.querySelector("[value=fixed]").click(),
      "mend.leave": () => line.blur(),
    });
  }
  queue.querySelector("textarea[data-fix]")?.focus();
  lookAhead();
}

window.addEventListener("popstate", () => location.reload());
window.addEventListener("beforeunload", (event) => { if (sending.size) event.preventDefault(); });
if (part()) {
  part().toggleAttribute("data-ready", true);
  attach(part());
}
