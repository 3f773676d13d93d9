/** The rows of a scene: a cursor, and a choice of rows by keys, mouse or touch. */

/** @param {HTMLElement} list its items carry data-row
 *  @param {{row: number, hasFocus: boolean, onChoose: (first: number, last: number) => void}} options */
export function attachRows(list, { row, hasFocus, onChoose }) {
  const lines = [...list.querySelectorAll("[data-row]")];
  const numbers = lines.map((line) => Number(line.dataset.row));
  const start = lines.findIndex((line) => line.classList.contains("in-range"));
  const known = numbers.indexOf(row);
  let cursor = known >= 0 ? known : Math.max(start, 0);
  let anchor = cursor;

  const bounds = () => [Math.min(anchor, cursor), Math.max(anchor, cursor)];

  function draw({ focus = true } = {}) {
    const [first, last] = bounds();
    lines.forEach((line, index) => {
      line.classList.toggle("cursor", index === cursor);
      line.classList.toggle("chosen", first < last && index >= first && index <= last);
      line.tabIndex = index === cursor ? 0 : -1;
    });
    if (!focus || !lines[cursor]) return;
    lines[cursor].focus({ preventScroll: true });
    lines[cursor].scrollIntoView({ block: "nearest" });
  }

  function set(to, { extend = false, focus = true } = {}) {
    cursor = Math.max(0, Math.min(lines.length - 1, to));
    if (!extend) anchor = cursor;
    draw({ focus });
    const [first, last] = bounds();
    onChoose(numbers[first], numbers[last]);
  }

  attachPointer(list, lines, {
    isSingle: () => anchor === cursor,
    pick: (index, extend) => set(index, { extend, focus: false }),
  });
  draw({ focus: hasFocus });

  return {
    move: (step) => set(cursor + step),
    extend: (step) => set(cursor + step, { extend: true }),
    row: () => numbers[cursor] ?? 0,
    line: () => lines[cursor],
    chosen: () => bounds().map((index) => numbers[index]),
    chosenLines: () => lines.slice(bounds()[0], bounds()[1] + 1),
    /** @param {number} first @param {number} last rows as the page counts them */
    choose(first, last) {
      anchor = Math.max(0, numbers.indexOf(first));
      set(Math.max(0, numbers.indexOf(last)), { extend: true });
    },
  };
}

/** Drag over row numbers, click one and Shift-click another, or tap one and then the other. */
function attachPointer(list, lines, { isSingle, pick }) {
  let dragging = false;
  let touched = false;
  const indexOf = (target) => lines.indexOf(target.closest?.("[data-row]"));

  list.addEventListener("pointerdown", (event) => {
    if (!event.target.closest("[data-pick]") || event.button !== 0) return;
    const isTouch = event.pointerType === "touch";
    const extend = event.shiftKey || (isTouch && touched && isSingle());
    pick(indexOf(event.target), extend);
    touched = isTouch;
    dragging = !isTouch;
    if (dragging) event.preventDefault();
  });
  list.addEventListener("pointerover", (event) => {
    const index = indexOf(event.target);
    if (dragging && index >= 0) pick(index, true);
  });
  document.addEventListener("pointerup", () => {
    dragging = false;
  });
  list.addEventListener("click", (event) => {
    if (event.target.closest("button, a, summary, textarea, form")) return;
    const index = indexOf(event.target);
    if (index >= 0 && !window.getSelection()?.toString()) pick(index, event.shiftKey);
  });
}
