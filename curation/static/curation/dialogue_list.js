/** Choose all drafts on the page at once. @param {HTMLInputElement} box */
export function attach(box) {
  const rows = box.form.querySelectorAll('input[name="dialogue"]');
  box.addEventListener("change", () => rows.forEach((row) => { row.checked = box.checked; }));
}
document.querySelectorAll("[data-choose-all]").forEach(attach);
