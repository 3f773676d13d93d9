/** The chat page: send, stream, stop, another reply. The form works without this script too. */
import { bindCommands } from "../rickproject/commands.js";
import { events } from "./events.js";
import { addMessage, addNote, addProblem, append, giveBack, showThread } from "./messages.js";
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

  /** Say or answer something anew: it and what came after give way, and return where it is refused. */
  const rewrite = async (message, body, text) => {
    const gone = [message];
    while (gone.at(-1).nextElementSibling) gone.push(gone.at(-1).nextElementSibling);
    gone.forEach((one) => { one.hidden = true; });
    body.set("turn", composer.elements.turn.value);
    const question = text && addMessage(parts, "user", body.get("speaker") || "You", text);
    const reply = await run(body, null);
    if (reply.id) gone.forEach((one) => one.remove());
    else { gone.forEach((one) => { one.hidden = false; }); question?.remove(); }
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
    "chat.edit": () => openEdit(parts),
    "chat.version_before": () => turnVersion(parts, "earlier"),
    "chat.version_after": () => turnVersion(parts, "later"),
  });
  parts.stop.addEventListener("click", () => running?.abort());
  parts.again.addEventListener("click", async () => {
    const last = [...parts.thread.querySelectorAll('[data-role="assistant"]')].at(-1);
    if (!last?.id || running) return;
    const body = new FormData();
    body.set("csrfmiddlewaretoken", composer.elements.csrfmiddlewaretoken.value);
    body.set("again", last.id.replace("message-", ""));
    rewrite(last, body, null);
  });
  parts.thread.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault();
    if (running) return;
    const body = new FormData(form, event.submitter);
    if (form.matches("[data-answer]")) {
      body.set("turn", composer.elements.turn.value);
      form.remove();
      run(body, null);
      return;
    }
    if (!form.matches("[data-rewrite]")) { // another version: the page stays where it is
      await fetch(form.action, { method: "POST", body }).catch(() => null);
      await showThread(parts);
      box.focus({ preventScroll: true });
      return;
    }
    const text = body.get("text")?.trim();
    if (text !== "") rewrite(form.closest(".message"), body, text);
  });
  document.querySelectorAll("dialog[data-open]").forEach((dialog) => dialog.showModal());
}

async function streamReply(parts, body, question, signal) {
  const reply = addMessage(parts, "assistant", parts.chat.dataset.targetName, "");
  reply.dataset.state = "streaming";
  const text = reply.querySelector(".message-text");
  let isWhole = false;
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
      if (name === "end") isWhole = true;
    }
    parts.status.textContent = text.textContent;
    // Who is writing another version meanwhile keeps the words.
    if (isWhole && !parts.thread.querySelector(".message:not([hidden]) [data-edit][open]")) await showThread(parts);
  } catch (error) {
    if (error.name === "AbortError") {
      addNote(reply, "Stopped by you.");
    } else {
      if (question && !question.id) giveBack(parts, question);
      if (error.cause?.status === 409 && (await showThread(parts))) parts.thread.append(reply);
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

async function refusal(response) {
  try {
    const { code, message } = (await response.json()).error;
    return new Error(message, { cause: { status: response.status, code } });
  } catch {
    return new Error(`The server answered ${response.status}. Reload the page and try again.`);
  }
}

/** Open the person's last message for another version; only from an empty box. */
function openEdit(parts) {
  const edit = [...parts.thread.querySelectorAll("[data-edit]")].at(-1);
  if (parts.box.value || !edit) return false;
  edit.open = true;
  return edit.querySelector("textarea").focus();
}

/** Show the version before or after of the last message that has one; only from an empty box. */
function turnVersion(parts, which) {
  const button = [...parts.thread.querySelectorAll(`[data-version="${which}"]:enabled`)].at(-1);
  if (parts.box.value || !button) return false;
  return button.click();
}

function busy(parts, isBusy) {
  parts.thread.setAttribute("aria-busy", String(isBusy));
  parts.stop.hidden = !isBusy;
  parts.send.hidden = isBusy;
  parts.again.hidden = isBusy || !parts.thread.querySelector('[data-role="assistant"][id]');
}

const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

document.querySelectorAll("[data-chat]").forEach(attach);
