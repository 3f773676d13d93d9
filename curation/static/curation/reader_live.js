/** Scenes that a team cuts together: what colleagues change appears, and who they are. */
import { toast } from "../rickproject/frame.js";
import { poll, requestJSON } from "../rickproject/live.js";
import { showMarks } from "./talk.js";

const POLL_SECONDS = 10;

/** @param {HTMLFormElement} form carries data-live-url and data-edits-url
 *  @param {import("./reader_saver.js").Saver} saver
 *  @param {{noteSum: () => number, notes: (scenes: object[]) => void}} page noteSum: of the revisions that
 *    the page shows; notes: shows titles and notes as colleagues left them */
export function attachLive(form, saver, page) {
  const url = form.dataset.liveUrl;
  if (!url) return;
  const here = document.querySelector("[data-here]");
  let stopPolling = null;

  const look = async () => {
    const now = await requestJSON(form.dataset.editsUrl);
    if (now.layer !== form.dataset.layer) return;
    if (saver.adopt(now) && now.by !== form.dataset.me) toast(`${now.by || "Somebody"} changed the scenes.`);
    page.notes(now.scenes);
  };

  /** Where events do not come through, ask now and then. */
  const fallBack = () => { stopPolling ??= poll(look, { seconds: POLL_SECONDS }); };

  const events = new EventSource(url);
  events.addEventListener("open", () => { stopPolling?.(); stopPolling = null; });
  events.addEventListener("scenes", (event) => {
    const { revision, state, notes } = JSON.parse(event.data);
    if (revision !== saver.revision || state !== saver.state || notes !== page.noteSum()) look().catch(fallBack);
  });
  events.addEventListener("marks", (event) => showMarks(JSON.parse(event.data).open, form.dataset.lineUrl));
  events.addEventListener("place", (event) => {
    document.dispatchEvent(new CustomEvent("work:place", { detail: JSON.parse(event.data).html }));
  });
  events.addEventListener("bell", () => document.dispatchEvent(new CustomEvent("frame:told")));
  events.addEventListener("people", (event) => {
    const { names } = JSON.parse(event.data);
    here.textContent = names.length ? `Also here: ${names.join(", ")}` : "";
  });
  events.addEventListener("closed", () => events.close());
  events.addEventListener("error", () => {
    here.textContent = "";
    if (events.readyState === EventSource.CLOSED) fallBack();
  });
}
