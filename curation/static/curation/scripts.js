/** Upload of a script: drop a file anywhere on the page; a form is sent once. */

/** @param {HTMLFormElement} form holds one file input marked data-drop-file */
export function attach(form) {
  const input = form.querySelector("[data-drop-file]");
  const zone = form.querySelector("[data-drop-zone]");
  const words = form.querySelector("[data-drop-words]");
  words.hidden = false;
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files");

  document.addEventListener("dragover", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    zone.dataset.over = "";
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) delete zone.dataset.over;
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    delete zone.dataset.over;
    input.files = event.dataTransfer.files;
    words.textContent = `${input.files[0]?.name ?? ""} is chosen.`;
    form.querySelector("button").focus();
  });

  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => (sent = false));
}

document.querySelectorAll("[data-drop]").forEach(attach);
