/** The minimap: a strip of the whole episode, one bar a scene, one stripe a line. */

/** @param {HTMLCanvasElement} canvas @param {import("./reader_lines.js").Lines} lines */
export function attachMap(canvas, lines) {
  const context = canvas.getContext("2d");
  let picture = null;
  let drawnStarts = "";
  let asked = false;

  const colours = () => {
    const probe = document.createElement("span");
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
    const { rule, speakers } = colours();
    const height = Math.max(1, canvas.height / lines.count - (lines.count < canvas.height / 3 ? scale : 0));
    lines.rows.forEach((row, position) => {
      context.fillStyle = speakers[Number(row.dataset.speaker)] ?? rule;
      context.globalAlpha = row.classList.contains("direction") ? 0.2 : 0.75;
      context.fillRect(10 * scale, y(position), canvas.width - 12 * scale, height);
    });
    context.globalAlpha = 1;
    context.fillStyle = rule;
    const starts = [...lines.starts(), lines.count];
    for (let index = 0; index + 1 < starts.length; index += 1) {
      const top = y(starts[index]) + scale;
      context.fillRect(4 * scale, top, 3 * scale, Math.max(scale, y(starts[index + 1]) - top - scale));
    }
    picture = context.getImageData(0, 0, canvas.width, canvas.height);
  };

  const overlay = () => {
    const { accent, ink } = colours();
    context.putImageData(picture, 0, 0);
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
