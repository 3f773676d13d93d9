/** A place in an episode's work: kept while its person is at it, told whose it is by now.
 *  Only what somebody does keeps it: a page that is merely open does not. */
import { request } from "../rickproject/live.js";

const KEEP_MS = 60_000;
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

/** Show times of day as this machine's clock does. @param {ParentNode} root */
function localise(root) {
  for (const time of root.querySelectorAll("time[data-clock]")) {
    time.textContent = CLOCK.format(new Date(time.dateTime));
  }
}

function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-place]");
  if (!fresh) return;
  localise(fresh);
  const now = document.querySelector("[data-place]");
  if (now && now.textContent.trim() !== fresh.textContent.trim()) now.replaceChildren(...fresh.childNodes);
}

async function keep(place) {
  try {
    show(await (await request(place.dataset.keepUrl, { method: "POST", headers: { accept: "text/html" } })).text());
  } catch { /* the next minute asks again; saves keep the place as well */ }
}

function attach() {
  if (!document.querySelector("[data-place]")) return;
  let isAtIt = false;
  const notice = () => { isAtIt = true; };
  for (const kind of ["keydown", "pointerdown", "wheel", "touchmove"]) {
    document.addEventListener(kind, notice, { passive: true, capture: true });
  }
  setInterval(() => {
    const place = document.querySelector("[data-place]");
    if (!isAtIt || !place || document.hidden) return;
    isAtIt = false;
    keep(place);
  }, KEEP_MS);
}

localise(document);
document.addEventListener("htmx:afterSettle", () => localise(document));
document.addEventListener("work:place", (event) => show(event.detail)); // colleagues came or went
attach();
