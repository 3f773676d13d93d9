/** Tables on a phone: a row of many columns becomes a block, each value with its column's name.
 *
 * The sheet does it where the page is narrow; here the cells learn their names, and the roles that a
 * table keeps for those who hear it when its rows are blocks.
 */
const FEWEST_COLUMNS = 4;
const ROLES = { TABLE: "table", TBODY: "rowgroup", TR: "row", TH: "rowheader", TD: "cell" };

/** @param {HTMLTableElement} table */
function stack(table) {
  const names = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.textContent.trim());
  const body = table.tBodies[0];
  if (names.length < FEWEST_COLUMNS || !body?.querySelector("th[scope=row]")) return;
  if (table.matches(".pair-matrix") || body.querySelector("[colspan], [rowspan]")) return;
  table.toggleAttribute("data-stacks", true);
  for (const element of [table, body, ...body.querySelectorAll("tr, th, td")]) element.role = ROLES[element.tagName];
  for (const row of body.rows) {
    for (const cell of row.cells) {
      if (cell.tagName === "TD" && names[cell.cellIndex]) cell.dataset.label = names[cell.cellIndex];
    }
  }
}

const stackAll = () => document.querySelectorAll(".table-scroll table").forEach(stack);
document.addEventListener("htmx:afterSettle", stackAll);
stackAll();
