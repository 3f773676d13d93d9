/** The list of lines: cursor, scene heads, suggestions. It shows; it saves nothing. */

export class Lines {
  /** @param {HTMLElement} list holds lists of lines */
  constructor(list) {
    this.list = list;
    this.rows = [...list.querySelectorAll(".line")];
    this.headList = list.getElementsByClassName("scene");
    this.offerList = list.getElementsByClassName("suggestion");
    this.count = this.rows.length;
    this.cursor = 0;
    this.onMove = () => {};
    this.notes = new Map();
    this.hidden = new Map();
    const idle = globalThis.requestIdleCallback ?? setTimeout;
    idle(() => { for (const button of list.querySelectorAll(".at")) button.tabIndex = -1; });
    for (const head of this.heads()) {
      const { title, note, noteRevision } = head.dataset;
      this.notes.set(Number(head.dataset.start), { title, note, revision: Number(noteRevision) });
    }
    this.now = document.querySelector("[data-scene-now]");
    this.waiting = false;
    addEventListener("scroll", () => this.soon(), { passive: true });
  }

  /** Bring what depends on the layout up to date, once a frame. */
  soon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.showSceneNow(); this.onMove(); });
  }

  positionOf(row) { return Number(row.id.slice(1)); }

  heads() { return [...this.headList]; }

  starts() { return this.heads().map((head) => Number(head.dataset.start)); }

  isStart(position) { return this.rows[position]?.querySelector(".at").name === "join"; }

  /** Move the cursor; ends of the episode hold it. */
  moveTo(position, { scroll = true, focus = true } = {}) {
    const at = Math.max(0, Math.min(this.count - 1, position));
    this.rows[this.cursor].classList.remove("cursor");
    this.rows[this.cursor].removeAttribute("tabindex");
    this.cursor = at;
    const row = this.rows[at];
    row.classList.add("cursor");
    row.tabIndex = 0;
    if (focus) row.focus({ preventScroll: true });
    if (scroll) row.scrollIntoView({ block: "nearest" });
    this.onMove();
  }

  focus() { this.rows[this.cursor].focus({ preventScroll: true }); }

  nextStart(position) { return this.starts().find((start) => start > position) ?? this.count - 1; }

  previousStart(position) { return this.starts().findLast((start) => start < position) ?? 0; }

  /** The scene a position is in: number from 1, first and last position, its head. */
  sceneAt(position) {
    const heads = this.heads();
    const index = heads.findLastIndex((head) => Number(head.dataset.start) <= position);
    const head = heads[Math.max(0, index)];
    const next = heads[index + 1];
    const last = next ? Number(next.dataset.start) - 1 : this.count - 1;
    return { number: index + 1, first: Number(head.dataset.start), last, head };
  }

  /** Let a scene start at a position, or not; notes taken off the page come back with it. */
  setStart(position, on) {
    const row = this.rows[position];
    const button = row.querySelector(".at");
    if ((button.name === "join") === on) return;
    button.name = on ? "join" : "start";
    button.ariaPressed = String(on);
    const offered = this.suggestionAt(position);
    const title = offered?.title ?? offered?.element.dataset.title;
    if (on && title && !this.notes.has(position)) this.notes.set(position, { title, note: "", revision: 0 });
    if (on) {
      const head = document.querySelector("#scene-template").content.firstElementChild.cloneNode(true);
      head.dataset.start = position;
      const link = head.querySelector(".scene-note");
      link.href = link.getAttribute("href").replace(/\/0\/$/, `/${position}/`);
      row.before(head);
      this.writeHead(head);
    } else {
      row.previousElementSibling.remove();
    }
    if (offered && on) this.showSuggestion(offered.id, false);
    this.renumber();
  }

  keepNote({ id, position, title, note, noteRevision }) {
    this.notes.set(position, { title, note, revision: noteRevision });
    const head = this.heads().find((one) => Number(one.dataset.start) === position);
    if (head && id) head.dataset.scene = id;
    if (head) this.writeHead(head);
    this.onMove();
  }

  writeHead(head) {
    const note = this.notes.get(Number(head.dataset.start));
    head.querySelector(".scene-title").textContent = note?.title ?? "";
    head.querySelector(".scene-note").textContent = note?.note ? "Note" : "Add a note";
  }

  renumber() {
    const heads = this.heads();
    heads.forEach((head, index) => {
      const first = Number(head.dataset.start);
      const last = heads[index + 1] ? Number(heads[index + 1].dataset.start) : this.count;
      head.querySelector(".scene-number").textContent = index + 1;
      head.querySelector(".scene-range").textContent = `lines ${first + 1} to ${last}`;
    });
    this.soon();
  }

  replaceStarts(starts) {
    const wanted = new Set(starts);
    for (const start of this.starts()) if (!wanted.has(start)) this.setStart(start, false);
    for (const start of wanted) this.setStart(start, true);
  }

  suggestionOf(element) {
    const field = element?.querySelector("[data-suggested-title]");
    return element && { id: Number(element.dataset.suggestion), position: Number(element.dataset.before),
      kind: element.dataset.kind, element, field,
      title: field && field.value.trim() !== field.defaultValue ? field.value.trim() : undefined };
  }

  suggestions() { return [...this.offerList].map((element) => this.suggestionOf(element)); }

  suggestionAt(position) { return this.suggestions().find((offer) => offer.position === position); }

  nextSuggestion(position) {
    return this.suggestions().find((offer) => offer.position > position && offer.kind === "suggested");
  }

  /** The suggestions of which any part can be seen; likely ones that were not suggested are no part. */
  suggestionsInView() { return this.inView().filter(({ kind }) => kind === "suggested"); }

  inView() {
    const top = parseFloat(getComputedStyle(this.now).top) || 0;
    return this.suggestions().filter(({ element }) => {
      const box = element.getBoundingClientRect();
      return box.height > 0 && box.bottom > top && box.top < innerHeight;
    });
  }

  /** Why nothing in view can be accepted, and where the next is. @returns {string} */
  noneInView() {
    if (this.inView().length) return "Only possible starts are in view, no suggested one; accept them one by one.";
    const next = this.nextSuggestion(this.cursor);
    if (next) return `No suggestion is in view; the next one is at line ${next.position + 1}.`;
    return this.suggestions().length ? "No suggestion is in view." : "There are no suggestions. Ask for some first.";
  }

  /** Take a suggestion off the page, or put it back where it was. */
  showSuggestion(id, visible) {
    const element = this.suggestions().find((offer) => offer.id === id)?.element;
    if (!visible && element) {
      this.hidden.set(id, element);
      element.remove();
    }
    const kept = this.hidden.get(id);
    if (visible && kept && !this.isStart(Number(kept.dataset.before))) {
      this.rows[Number(kept.dataset.before)].before(kept);
      this.hidden.delete(id);
    }
  }

  /** Keep the head of the scene being read under the bar. */
  showSceneNow() {
    const box = this.list.getBoundingClientRect();
    const bar = parseFloat(getComputedStyle(this.now).top) || 0;
    const beyond = box.top < bar;
    this.now.hidden = !beyond;
    if (!beyond) return;
    const row = document.elementFromPoint(box.left + 20, bar + this.now.offsetHeight + 4)?.closest("li");
    if (!row || !this.list.contains(row)) return;
    let line = row;
    while (line && !line.matches(".line")) line = line.nextElementSibling;
    if (!line) return;
    const head = this.sceneAt(this.positionOf(line)).head;
    this.now.replaceChildren(...[...head.cloneNode(true).childNodes].filter((n) => n.nodeName !== "A"));
  }
}
