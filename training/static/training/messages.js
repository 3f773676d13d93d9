/** Messages on the chat page, as they are said and as they come. */

/** Append a message to the thread; its text is text and never HTML. */
export function addMessage(parts, role, speaker, content) {
  parts.thread.querySelectorAll("[data-empty], .chat-spent, [data-answer]").forEach((line) => line.remove());
  const article = document.createElement("article");
  article.className = "message";
  article.dataset.role = role;
  const line = document.createElement("p");
  line.className = "speaker-line";
  const name = document.createElement("b");
  name.className = "speaker";
  if (role === "assistant") name.dataset.target = "";
  name.textContent = speaker;
  line.append(name);
  if (role === "assistant") {
    const model = document.createElement("span");
    model.className = "small quiet";
    model.textContent = parts.chat.dataset.modelName;
    line.append(model);
  }
  const text = document.createElement("div");
  text.className = "message-text";
  text.textContent = content;
  article.append(line, text);
  parts.thread.append(article);
  parts.composer.scrollIntoView({ block: "end" });
  return article;
}

/** Add a piece to a reply; who reads its end stays there. */
export function append(parts, text, piece) {
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
  text.append(piece);
  if (atEnd) parts.composer.scrollIntoView({ block: "end" });
}

export function addNote(article, words) {
  const note = document.createElement("p");
  note.className = "small quiet";
  note.textContent = words;
  article.append(note);
}

export function addProblem(article, words) {
  const notice = document.createElement("div");
  notice.className = "notice";
  notice.dataset.kind = "bad";
  notice.setAttribute("role", "alert");
  const sentence = document.createElement("p");
  sentence.textContent = words;
  notice.append(sentence);
  article.append(notice);
}

/** A refused message returns to the box, before what was typed since: nothing typed is lost. */
export function giveBack(parts, question) {
  const text = question.querySelector(".message-text").textContent;
  parts.box.value = parts.box.value ? `${text}\n${parts.box.value}` : text;
  question.remove();
}

/** Show the thread as the server has it now, and leave the box as it is. */
export async function showThread(parts) {
  const response = await fetch(location.href).catch(() => null);
  if (!response?.ok) return false;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const thread = page.querySelector("[data-thread]");
  const turn = page.querySelector("[data-turn]");
  if (!thread || !turn) return false;
  parts.thread.replaceChildren(...document.importNode(thread, true).childNodes);
  parts.composer.elements.turn.value = turn.value;
  return true;
}
