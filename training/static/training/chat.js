/** The chat page: send, stream, stop, another reply. The form works without this script too. */
import { bindCommands } from "../rickproject/commands.js";
import { events } from "./events.js";
import { showWaiting } from "./waiting.js";

/** @param {HTMLElement} chat carries data-stream-url, data-target-name, data-model-name */
function attach(chat) {
  const find = (name) => chat.querySelector(`[data-${name}]`);
  const composer = find("composer");
  const box = composer.elements.text;
  const parts = { chat, composer, box, thread: find("thread"), status: find("status"), stop: find("stop"), again: find("again"), send: find("send") };
  let running = null;

  const run = async (body, pending) => {
    running = new AbortController();
    busy(parts, true);
    try {
      return await streamReply(parts, body, pending, running.signal);
    } finally {
      running = null;
      busy(parts, false);
      box.focus();
    }
  };

  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value.trim();
    if (!text || running) return;
    const body = new FormData(composer);
    composer.elements.client_key.value = newKey();
    const question = addMessage(parts, "user", composer.elements.speaker.value || "You", text);
    box.value = "";
    run(body, question);
  });
  bindCommands(box, {
    "chat.send": (event) => {
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (event.key === "Enter" && isPlain && matchMedia("(pointer: coarse)").matches) return false;
      return composer.requestSubmit();
    },
    "chat.stop": () => { if (!running) return false; return running.abort(); },
  });
  parts.stop.addEventListener("click", () => running?.abort());
  parts.again.addEventListener("click", async () => {
    const last = [...parts.thread.querySelectorAll('[data-role="assistant"]')].at(-1);
    if (!last?.id || running) return;
    const body = new FormData();
    body.set("csrfmiddlewaretoken", composer.elements.csrfmiddlewaretoken.value);
    body.set("again", last.id.replace("message-", ""));
    body.set("turn", composer.elements.turn.value);
    last.hidden = true;
    const reply = await run(body, null);
    if (reply.id) last.remove();
    else last.hidden = false;
  });
  document.querySelectorAll("dialog[data-open]").forEach((dialog) => dialog.showModal());
}

async function streamReply(parts, body, question, signal) {
  const reply = addMessage(parts, "assistant", parts.chat.dataset.targetName, "");
  reply.dataset.state = "streaming";
  const text = reply.querySelector(".message-text");
  parts.status.textContent = `${parts.chat.dataset.targetName} is answering.`;
  try {
    const response = await ask(parts.chat.dataset.streamUrl, body, signal);
    for await (const { name, data } of events(response)) {
      if (name === "start") {
        reply.id = `message-${data.reply}`;
        parts.composer.elements.turn.value = data.turn;
        document.querySelectorAll("[data-chat] h1, [data-title]").forEach((place) => { place.textContent = data.title; });
        if (question) question.id = `message-${data.question}`;
        if (data.unsent) addNote(reply, `${data.unsent} earlier turns did not fit into the model’s context window and were not sent.`);
      }
      if (name !== "start") showWaiting(parts.status, text, data.before);
      if (name === "delta") append(parts, text, data.text);
      if (name === "failed") throw new Error(data.message);
      if (name === "end") finish(reply, data);
    }
    parts.status.textContent = text.textContent;
  } catch (error) {
    if (error.name === "AbortError") {
      addNote(reply, "Stopped by you.");
    } else {
      if (question && !question.id) giveBack(parts, question);
      if (error.cause?.status === 409 && (await showMeanwhile(parts))) parts.thread.append(reply);
      addProblem(reply, error.message || "The connection broke off. What came before is kept.");
    }
  } finally {
    reply.dataset.state = "done";
  }
  return reply;
}

/** Ask for a reply; the one before, just stopped, may need a moment to end. */
async function ask(url, body, signal) {
  for (let left = 8; ; left -= 1) {
    const response = await fetch(url, { method: "POST", body, signal, headers: { Accept: "text/event-stream" } });
    if (response.ok) return response;
    const error = await refusal(response);
    if (error.cause?.code !== "reply_running" || left === 0) throw error;
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** A refused message returns to the box, before what was typed since: nothing typed is lost. */
function giveBack(parts, question) {
  const text = question.querySelector(".message-text").textContent;
  parts.box.value = parts.box.value ? `${text}\n${parts.box.value}` : text;
  question.remove();
}

async function refusal(response) {
  try {
    const { code, message } = (await response.json()).error;
    return new Error(message, { cause: { status: response.status, code } });
  } catch {
    return new Error(`The server answered ${response.status}. Reload the page and try again.`);
  }
}

/** Another tab went on: show what was said there, and leave the box as it is. */
async function showMeanwhile(parts) {
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

function append(parts, text, piece) {
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 80;
  text.append(piece);
  if (atEnd) parts.composer.scrollIntoView({ block: "end" });
}

function finish(reply, data) {
  if (data.finish_reason === "length") addNote(reply, "Cut off at the longest reply you allow.");
  if (data.tokens) addNote(reply, `${data.tokens} tokens · ${data.seconds} s`);
}

function addMessage(parts, role, speaker, content) {
  parts.thread.querySelector("[data-empty]")?.remove();
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

function addNote(article, words) {
  const note = document.createElement("p");
  note.className = "small quiet";
  note.textContent = words;
  article.append(note);
}

function addProblem(article, words) {
  const notice = document.createElement("div");
  notice.className = "notice";
  notice.dataset.kind = "bad";
  notice.setAttribute("role", "alert");
  const sentence = document.createElement("p");
  sentence.textContent = words;
  notice.append(sentence);
  article.append(notice);
}

function busy(parts, isBusy) {
  parts.thread.setAttribute("aria-busy", String(isBusy));
  parts.stop.hidden = !isBusy;
  parts.send.hidden = isBusy;
  parts.again.hidden = isBusy || !parts.thread.querySelector('[data-role="assistant"][id]');
}

const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

document.querySelectorAll("[data-chat]").forEach(attach);
