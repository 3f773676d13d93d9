/** The minimap: a strip of the whole episode, one bar a scene, one stripe a line. */

/** @param {HTMLCanvasElement} canvas @param {import("./reader_lines.js").Lines} lines */
export function attachMap(canvas, lines) {
  const context = canvas.getContext("2d");
  let picture = null;
  let drawnStarts = "";
  let asked = false;
  let paints = null;

  const colours = () => {
    const probe = document.createElement("span");
    probe.style.setProperty("transition", "none", "important"); // else the colour before is read
    canvas.before(probe);
    const read = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    const found = { rule: read("--rule-strong"), accent: read("--accent"), ink: read("--ink"),
      speakers: Array.from({ length: 12 }, (_, index) => read(`--speaker-${index}`)) };
    probe.remove();
    return found;
  };

  const y = (position) => (position / lines.count) * canvas.height;

  const paint = () => {
    const scale = devicePixelRatio;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = canvas.clientHeight * scale;
    paints = colours();
    const { rule, speakers } = paints;
    const height = Math.max(1, canvas.height / lines.count - (lines.count < canvas.height / 3 ? scale : 0));
    const left = canvas.clientWidth > 20 ? 10 * scale : 5 * scale;
    lines.rows.forEach((row, position) => {
      context.fillStyle = speakers[Number(row.dataset.speaker)] ?? rule;
      context.globalAlpha = row.classList.contains("direction") ? 0.2 : 0.75;
      context.fillRect(left, y(position), canvas.width - left - 2 * scale, height);
    });
    context.globalAlpha = 1;
    context.fillStyle = rule;
    const starts = [...lines.starts(), lines.count];
    for (let index = 0; index + 1 < starts.length; index += 1) {
      const top = y(starts[index]) + scale;
      context.fillRect(left - 5 * scale, top, 3 * scale, Math.max(scale, y(starts[index + 1]) - top - scale));
    }
    picture = document.createElement("canvas");
    picture.width = canvas.width;
    picture.height = canvas.height;
    picture.getContext("2d").drawImage(canvas, 0, 0);
  };

  const overlay = () => {
    const { accent, ink } = paints;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0);
    const scale = devicePixelRatio;
    const box = lines.list.getBoundingClientRect();
    const share = (edge) => Math.min(1, Math.max(0, (edge - box.top) / box.height)) * canvas.height;
    context.strokeStyle = ink;
    context.lineWidth = scale;
    context.strokeRect(scale / 2, share(0), canvas.width - scale, Math.max(4 * scale, share(innerHeight) - share(0)));
    context.fillStyle = accent;
    context.fillRect(0, y(lines.cursor) - scale, canvas.width, 3 * scale);
  };

  const draw = () => {
    if (asked || !canvas.clientWidth) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      const starts = lines.starts().join();
      if (!picture || starts !== drawnStarts) { paint(); drawnStarts = starts; }
      overlay();
    });
  };

  const jump = (event) => {
    const box = canvas.getBoundingClientRect();
    lines.moveTo(Math.floor(((event.clientY - box.top) / box.height) * lines.count));
  };
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); jump(event); });
  canvas.addEventListener("pointermove", (event) => { if (event.buttons) jump(event); });
  const again = () => { picture = null; draw(); };
  addEventListener("resize", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return { draw };
}
