/** The revisions of a scene's title and note, beside the reader. */
import { toast } from "../rickproject/frame.js";
import { request, requestJSON } from "../rickproject/live.js";

/** @param {HTMLDetailsElement} fold @param {import("./reader_inspector.js").Inspector} inspector */
export function attachHistory(fold, inspector) {
  const load = async () => {
    const place = fold.querySelector("[data-history-list]");
    try {
      const address = `${inspector.url(inspector.position)}?part=history`;
      const response = await request(address, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      place.replaceChildren(...page.body.childNodes);
    } catch (error) {
      place.textContent = error.message;
    }
  };
  fold.addEventListener("toggle", () => fold.open && load());
  fold.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      inspector.restored(await requestJSON(event.target.action, { form: new FormData(event.target) }));
    } catch (error) {
      toast(error.message);
    }
  });
}
