// One attack's row in a league, and the axis that all rows share.
import { scale } from "./charts.js";
import { estimate, html, queriesOf, set, svg } from "./dom.js";
import { phrase } from "./messages.js";

const SIGNS = { better: "▲", worse: "▼", undecided: "" };
export const CHOSEN = "#009E73";

// An axis that holds all these values, with two to five round ticks.
export function axisOf(values) {
  const range = [Math.max(0, Math.min(...values)), Math.max(...values)];
  const ticksOf = (step) =>
    Array.from({ length: Math.round(1 / step) + 1 }, (_, i) => Number((i * step).toFixed(2))).filter((tick) =>
      tick >= range[0] && tick <= range[1]
    );
  const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((width) => ticksOf(width).length <= (width < 0.1 ? 4 : 5)) ?? 0.25;
  const place = scale(6, 94, range);
  return { range, ticks: ticksOf(step), at: (value) => `${place(value).toFixed(2)}%` };
}

// The row of an attack: a button that holds its sign, name, queries, and a drawing as wide as the page allows.
export function rowOf(name, choose) {
  const sign = html("span", { role: "img" });
  const queries = html("span", { class: "tdr-number", role: "img" });
  const numbers = html("span", { class: "tdr-number tdr-spare", "aria-hidden": "true" });
  const chance = svg("line", { y1: 0, y2: "100%", class: "axis", "stroke-dasharray": "2 3" });
  const interval = svg("line", { y1: "50%", y2: "50%", "data-part": "interval" });
  const dot = svg("circle", { cy: "50%", "data-part": "dot" });
  const drawing = svg("svg", { role: "img" }, chance, interval, dot);
  const node = html(
    "button",
    { type: "button", class: "tdr-league-row", "data-attack": name, onclick: choose },
    sign,
    html("span", { class: "tdr-name", text: name }),
    queries,
    html("span", { class: "tdr-cell" }, drawing),
    numbers,
  );
  function draw({ asked, figures, verdict, metric, guessed, axis, chosen, baseline, isBaseline }) {
    const [value, low, high] = figures;
    sign.textContent = SIGNS[verdict];
    set(sign, {
      "aria-label": {
        undecided: "",
        better: phrase("standing.better", { attack: baseline }),
        worse: phrase("standing.worse", { attack: baseline }),
      }[verdict],
      "aria-hidden": verdict === "undecided",
      "data-verdict": verdict,
    });
    queries.textContent = asked;
    set(queries, { "aria-label": queriesOf(asked) });
    numbers.textContent = estimate(figures);
    set(chance, { x1: axis.at(guessed), x2: axis.at(guessed) });
    const colour = chosen ? CHOSEN : "currentColor";
    set(interval, { x1: axis.at(low), x2: axis.at(high), stroke: colour, "stroke-width": chosen ? 4 : 1.5 });
    set(dot, {
      cx: axis.at(value),
      r: chosen ? 7 : 5,
      fill: isBaseline ? "var(--ground)" : colour,
      stroke: colour,
      "stroke-width": 2,
      "data-value": value,
    });
    set(drawing, { "aria-label": `${metric} ${estimate(figures)}` });
    set(node, { "aria-pressed": chosen });
  }
  return { node, draw };
}
