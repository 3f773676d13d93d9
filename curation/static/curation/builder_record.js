/** The training record beside the scene, drawn anew while somebody chooses rows or types. */
import { request, requestJSON } from "../rickproject/live.js";

const PAUSE = 120;
const costs = new Map();

/** @param {HTMLElement} root carries data-preview-url
 *  @returns {{show: (values: Record<string, any>) => void, back: () => void}} */
export function attachRecord(root) {
  const side = root.querySelector("#record");
  const drawnByServer = [...side.cloneNode(true).childNodes];
  let timer = 0;
  let latest = 0;
  fillCost(part(side, "cost"));

  async function ask(values) {
    latest += 1;
    const mine = latest;
    try {
      const form = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
      const answer = await requestJSON(root.dataset.previewUrl + window.location.search, { form });
      if (mine === latest) draw(side, answer);
    } catch (error) {
      if (mine === latest) tell(side, error.message);
    }
  }

  return {
    show(values) {
      clearTimeout(timer);
      timer = setTimeout(() => ask(values), PAUSE);
    },
    back() {
      clearTimeout(timer);
      latest += 1;
      const handle = side.querySelector(".inspector-handle");
      const cost = part(side, "cost");
      side.replaceChildren(...drawnByServer.map((node) => node.cloneNode(true)));
      const first = part(side, "cost");
      cost.hidden = first.hidden;
      first.replaceWith(cost);
      price(cost, first.dataset.tokens);
      if (handle && !side.querySelector(".inspector-handle")) side.prepend(handle);
    },
  };
}

function part(side, name) {
  return side.querySelector(`[data-${name}]`);
}

function tell(side, sentence) {
  const problem = part(side, "problem");
  problem.textContent = sentence;
  problem.hidden = !sentence;
}

/** Ask for the prices once a tokenizer; where none is known, nothing is said. */
async function fillCost(cost) {
  const tokenizer = new URL(cost.dataset.costUrl, window.location.href).searchParams.get("tokenizer");
  if (!costs.has(tokenizer)) {
    costs.set(tokenizer, request(cost.dataset.costUrl, { headers: { accept: "text/html" } })
      .then((response) => response.text()).catch(() => ""));
  }
  const page = new DOMParser().parseFromString(await costs.get(tokenizer), "text/html");
  cost.replaceChildren(...page.body.childNodes);
  price(cost, cost.dataset.tokens);
}

/** The prices came once from the server; what they make of other tokens is worked out here. */
function price(cost, tokens) {
  cost.dataset.tokens = tokens;
  for (const figure of cost.querySelectorAll("[data-usd-per-million]")) {
    figure.textContent = (tokens * Number(figure.dataset.usdPerMillion) / 1e6).toFixed(4);
  }
}

function draw(side, record) {
  const cost = part(side, "cost");
  cost.hidden = Boolean(record.problem);
  price(cost, record.total);
  tell(side, record.problem);
  const isOver = record.total > record.budget;
  const total = part(side, "total");
  const most = record.is_estimate ? "at most " : "";
  total.textContent = record.problem ? "" : `${most}${record.total} of ${record.budget.toLocaleString("en")} tokens`;
  total.toggleAttribute("data-over", isOver);
  const meter = part(side, "meter");
  meter.hidden = Boolean(record.problem);
  meter.max = record.budget;
  meter.value = record.total;
  meter.dataset.tone = isOver ? "red" : "accent";
  part(side, "messages").replaceChildren(...record.messages.map(message));
  part(side, "warnings").replaceChildren(...record.warnings.map(warning));
  part(side, "json").textContent = record.json;
  part(side, "json-part").hidden = Boolean(record.problem);
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function message({ role, content, tokens }) {
  const item = element("li");
  item.dataset.role = role;
  const head = element("p", "record-role");
  const chip = element("span", "chip", role);
  if (role === "assistant") chip.dataset.tone = "accent";
  head.append(chip, element("span", "quiet small num", tokens));
  item.append(head, element("p", "record-text", content));
  return item;
}

function warning({ severity, message: words }) {
  const item = element("li", "", words);
  item.dataset.severity = severity;
  return item;
}
