/** Talking to the server: requests with the CSRF token, sentences for failures, polling. */

/** A request that failed; message is a sentence for the person. */
export class RequestFailed extends Error {
  /** @param {string} message @param {number} status 0: no answer @param {any} body */
  constructor(message, status, body = null) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** The CSRF token of now: logging in again in another tab makes the page's own one stale.
 *  @returns {string} */
export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/);
  if (cookie) return cookie[1];
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["x-csrftoken"] ?? "";
}

let loggedOut = false;

/** Whether the last answer was that nobody is logged in here. @returns {boolean} */
export function isLoggedOut() { return loggedOut; }

const SENTENCES = {
  0: "The server did not answer. Check your connection and try again.",
  401: "You are logged out. Log in again in another tab, then repeat.",
  403: "You may not do this.",
  404: "This is gone, or you have no part in it.",
  429: "That was too often. Wait a moment and try again.",
};

/** fetch with the CSRF token; throws RequestFailed on any answer but 2xx.
 *  @param {string} url
 *  @param {RequestInit & {json?: unknown, form?: Record<string, any> | FormData}} options
 *  @returns {Promise<Response>} */
export async function request(url, { json, form, headers = {}, ...options } = {}) {
  const init = { credentials: "same-origin", ...options };
  init.headers = { accept: "application/json", "x-csrftoken": csrfToken(), ...headers };
  if (document.body.dataset.person) init.headers["x-person"] = document.body.dataset.person;
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers["content-type"] = "application/json";
  }
  if (form) init.body = form instanceof FormData ? form : new URLSearchParams(form);
  init.method ??= init.body ? "POST" : "GET";
  let response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new RequestFailed(SENTENCES[0], 0);
  }
  const isAsked = response.redirected && response.url.includes("/accounts/login/");
  loggedOut = isAsked || response.status === 401;
  if (response.ok && !isAsked) return response;
  throw await failure(response);
}

async function failure(response) {
  const status = response.ok ? 401 : response.status;
  const isJson = response.headers.get("content-type")?.includes("json");
  const body = isJson ? await response.json().catch(() => null)
    : status === 422 ? await response.text() : null; // a form with its complaints
  const said = body?.error?.message ?? body?.message ?? body?.error;
  const sentence = typeof said === "string" ? said : SENTENCES[status];
  return new RequestFailed(sentence ?? `The server answered ${status}. Try again in a moment.`, status, body);
}

/** @param {string} url @param {Parameters<typeof request>[1]} options */
export async function requestJSON(url, options) {
  return (await request(url, options)).json();
}

/** Call a function again and again: slower while it fails, not at all while the tab is hidden.
 *  @param {() => Promise<boolean | void>} step resolves to true when there is nothing more to come
 *  @param {{seconds?: number}} options
 *  @returns {() => void} stops it */
export function poll(step, { seconds = 2 } = {}) {
  let timer = 0;
  let failures = 0;
  let stopped = false;
  const next = () => {
    if (!stopped) timer = setTimeout(run, Math.min(60, seconds * 2 ** failures) * 1000);
  };
  const run = async () => {
    if (document.hidden) return next();
    try {
      if (await step()) return stop();
      failures = 0;
    } catch {
      failures += 1;
    }
    return next();
  };
  const stop = () => {
    stopped = true;
    clearTimeout(timer);
  };
  next();
  return stop;
}
