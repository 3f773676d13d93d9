/** Scenes that a team cuts together: what colleagues change appears, and who they are. */
import { toast } from "../rickproject/frame.js";
import { poll, requestJSON } from "../rickproject/live.js";

const POLL_SECONDS = 10;

/** @param {HTMLFormElement} form carries data-live-url and data-edits-url
 *  @param {import("./reader_saver.js").Saver} saver */
export function attachLive(form, saver) {
  const url = form.dataset.liveUrl;
  if (!url) return;
  const here = document.querySelector("[data-here]");
  let stopPolling = null;

  const look = async () => {
    if (saver.isDirty()) return;
    const now = await requestJSON(form.dataset.editsUrl);
    if (now.layer === form.dataset.layer && saver.adopt(now) && now.by !== form.dataset.me) {
      toast(`${now.by || "Somebody"} changed the scenes.`);
    }
  };

  /** Where events do not come through, ask now and then. */
  const fallBack = () => { stopPolling ??= poll(look, { seconds: POLL_SECONDS }); };

  const events = new EventSource(url);
  events.addEventListener("open", () => { stopPolling?.(); stopPolling = null; });
  events.addEventListener("scenes", (event) => {
    const { revision, state } = JSON.parse(event.data);
    if (revision !== saver.revision || state !== saver.state) look().catch(fallBack);
  });
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
