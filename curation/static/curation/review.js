/** The review queue: returning asks for the reason, the next dialogue is there at once. */
import { bindCommands } from "../rickproject/commands.js";

/** @param {HTMLElement} queue the part that the server draws anew after each decision */
function attach(queue) {
  const form = queue.querySelector("form.review-decision");
  if (!form) return;
  const reason = form.elements.reason;
  queue.querySelector("[data-return]").addEventListener("click", (event) => {
    if (reason.value.trim()) return;
    event.preventDefault();
    reason.setCustomValidity("Say why, so that the next person knows what to change.");
    reason.reportValidity();
    reason.focus();
  });
  form.addEventListener("submit", () => reason.blur()); // the next dialogue's keys act at once
  reason.addEventListener("input", () => reason.setCustomValidity(""));
  bindCommands(reason, {
    "reason.leave": () => reason.blur(),
    "reason.return": () => queue.querySelector("[data-return]").click(),
  });
}

document.addEventListener("htmx:afterSettle", () => {
  const queue = document.querySelector("[data-queue]");
  if (!queue) return;
  attach(queue);
  window.scrollTo({ top: 0 });
});
document.querySelectorAll("[data-queue]").forEach(attach);
