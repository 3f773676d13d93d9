/** Batches of changes that wait for the server, and their words. */

const DECISIONS = { accepted: "accepted", dismissed: "dismissed", open: "reopened" };

export const empty = () => ({ positions: new Map(), before: new Map(), suggestions: new Map(), was: new Map(), titles: new Map() });
export const size = (batch) => batch.positions.size + batch.suggestions.size;

export function merge(first, second) {
  return { positions: new Map([...first.positions, ...second.positions]),
    before: new Map([...second.before, ...first.before]),
    suggestions: new Map([...first.suggestions, ...second.suggestions]),
    was: new Map([...second.was, ...first.was]), titles: new Map([...first.titles, ...second.titles]) };
}

export function toStep(batch) {
  return { positions: [...batch.positions],
    suggestions: [...batch.suggestions].map(([id, state]) => [id, batch.was.get(id) ?? "open", state, batch.titles.get(id)]) };
}

export function body(batch) {
  const found = { on: [], off: [], accepted: [], dismissed: [], reopened: [], titles: {} };
  for (const [position, on] of batch.positions) found[on ? "on" : "off"].push(position);
  for (const [id, state] of batch.suggestions) found[DECISIONS[state]].push(id);
  for (const id of found.accepted) if (batch.titles.has(id)) found.titles[id] = batch.titles.get(id);
  return found;
}

/** Whether scenes are what a batch would make of them: only the answer was lost.
 *  @param {Set<number>} base where scenes started before @param {Set<number>} now where they start */
export function isThere(base, batch, now) {
  const wanted = new Set(base);
  for (const [position, on] of batch.positions) {
    if (on) wanted.add(position); else wanted.delete(position);
  }
  return wanted.size === now.size && [...now].every((position) => wanted.has(position));
}

export const words = (position, on) => `line ${position + 1} ${on ? "starts a scene" : "starts no scene any more"}`;

export function fill(place, sentences) {
  const list = document.createElement("ul");
  for (const sentence of sentences.length ? sentences : ["nothing about where scenes start"]) {
    const item = document.createElement("li");
    item.textContent = sentence;
    list.append(item);
  }
  place.replaceChildren(list);
}

