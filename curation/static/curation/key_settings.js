/** The page of keys: a field takes the key that is pressed in it. */
import { isComposing, keyNames } from "../rickproject/keys.js";

const HELD = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Unidentified", "Process"]);

/** @param {HTMLFormElement} form */
function attach(form) {
  form.addEventListener("keydown", (event) => {
    const field = event.target.closest("input[name^='key:']");
    if (!field || isComposing(event) || HELD.has(event.key) || event.key === "Tab") return;
    event.preventDefault();
    if (event.key === "Delete" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) field.value = "";
    else [field.value] = keyNames(event);
    field.select();
  });
}

document.querySelectorAll("[data-keys-form]").forEach(attach);
