/** The margin beside one's own layer: which scene the cursor is in; there are no notes yet. */
import { toast } from "../rickproject/frame.js";

export class OwnMargin {
  /** @param {HTMLElement} element @param {import("./reader_lines.js").Lines} lines */
  constructor(element, lines) {
    Object.assign(this, { element, lines });
  }

  follow() {
    const scene = this.lines.sceneAt(this.lines.cursor);
    this.element.querySelector("[data-inspector-name]").textContent = `Scene ${scene.number}`;
    this.element.querySelector("[data-inspector-range]").textContent = `Lines ${scene.first + 1} to ${scene.last + 1}`;
  }

  focus() { toast("Titles and notes are written once the team has agreed on the scenes."); }

  /** @returns {Promise<boolean>} there is nothing of its own to save */
  async settle() { return true; }
}
