/** The dialogues inside the scene under the cursor, in the reader's margin. */

/** @param {import("./reader_inspector.js").Inspector} inspector
 *  @param {{first: number, last: number, head: HTMLElement}} scene */
export function showDialogues({ element, form, spans, dialogueUrl }, { first, last, head }) {
  const section = element.querySelector("[data-dialogues]");
  const base = form.dataset.dialoguesUrl;
  section.hidden = !base;
  const inside = spans.filter(([start, end]) => start >= first && end <= last);
  section.querySelector("[data-dialogue-count]").textContent = inside.length || "";
  section.querySelector("[data-dialogue-list]").replaceChildren(...inside.map(([start, end, state, id]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = dialogueUrl.replace(/\/0\/$/, `/${id}/`);
    link.textContent = `${start + 1} to ${end + 1}`;
    item.append(link, ` ${state}`);
    return item;
  }));
  const link = section.querySelector("[data-dialogues-link]");
  link.href = base.replace(/\/0\/$/, `/${head.dataset.scene || 0}/`);
  link.hidden = !Number(head.dataset.scene);
}
