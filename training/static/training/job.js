/** The job page: its charts grow while the job runs, its log follows. */
import { drawChart } from "../rickproject/chart.js";
import { poll, requestJSON } from "../rickproject/live.js";

const SECONDS = 2;

/** Ask for the points again until the job is over. @param {HTMLElement} place carries data-job-points */
export function attach(place) {
  if (place.dataset.polled !== "yes") return;
  const figures = [...place.querySelectorAll("figure[data-name]")];
  let last = "";
  poll(async () => {
    const answer = await requestJSON(place.dataset.jobPoints);
    const now = JSON.stringify(answer.charts);
    if (now !== last) {
      for (const figure of figures) drawChart(figure, answer.charts[figure.dataset.name]);
      last = now;
    }
    return answer.is_over;
  }, { seconds: SECONDS });
}

document.querySelectorAll("[data-job-points]").forEach(attach);
