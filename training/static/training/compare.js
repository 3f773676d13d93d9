/** Jobs compared: their losses in one chart, the training losses smoothed as far as one likes. */
import { drawChart } from "../rickproject/chart.js";

/** An exponential moving average that starts at the first value: early points are not pulled to 0.
 *  @param {(number | null)[]} values @param {number} weight from 0 (as they are) to below 1 */
export function smooth(values, weight) {
  let mean = 0;
  let sum = 0;
  return values.map((value) => {
    if (value === null || !weight) return value;
    mean = weight * mean + (1 - weight) * value;
    sum = weight * sum + (1 - weight);
    return mean / sum;
  });
}

/** @param {HTMLElement} figure carries data-compared */
function attach(figure) {
  const data = JSON.parse(document.querySelector(figure.dataset.compared).textContent);
  const slider = document.querySelector("[data-smoothing]");
  const words = document.querySelector("output[for=smoothing]");
  const draw = () => {
    const weight = Number(slider.value) / 100;
    words.textContent = weight ? `${slider.value} %` : "off";
    const lines = data.lines.map((line) => (line.dashed ? { ...line, values: smooth(line.values, weight) } : line));
    drawChart(figure, { ...data, lines });
  };
  slider.addEventListener("input", draw);
  window.addEventListener("resize", draw);
  draw();
}

document.querySelectorAll("figure[data-compared]").forEach(attach);
