/** The list of episodes says where something waits in this browser that the server does not have yet. */
import { draftKeys } from "./drafts.js";

const KEPT = /^(-own)?(-submit|-note-\d+)?$/;

for (const place of document.querySelectorAll("[data-kept-key]")) {
  const prefix = place.dataset.keptKey;
  if (!draftKeys(prefix).some((key) => KEPT.test(key.slice(prefix.length)))) continue;
  const words = Object.assign(document.createElement("span"), { className: "small quiet" });
  words.textContent = "What you did here is kept in this browser, not sent yet: open it to send it";
  place.append(document.createElement("br"), words);
}
