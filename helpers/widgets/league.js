// A league as a dot plot, and one attack of it in detail beside the baseline.
import { histogram, legend, rocChart, scale } from "./charts.js";
import { radios, select } from "./controls.js";
import { estimate, html, longestOf, queriesOf, set, svg } from "./dom.js";
import { panel } from "./settings.js";
import { rocOf } from "./statistics.js";
import { bytesOf, ranksAt, traits } from "./traits.js";

const SIGNS = { better: "▲", worse: "▼", undecided: "" };
const CHOSEN = "#009E73";

// An axis that holds all these values, with two to five round ticks.
function axisOf(values) {
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
function rowOf(name, choose) {
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
      "aria-label": verdict === "undecided" ? "" : `significantly ${verdict} than ${baseline},`,
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

function render({ model, el }) {
  const [models, attacks, metrics, chance, baseline, queries, estimates, differences, images] = traits(
    model,
    "models",
    "attacks",
    "metrics",
    "chance",
    "baseline",
    "queries",
    "estimates",
    "differences",
    "images",
  );
  const first = attacks[baseline]; // that the others are held against
  const ranks = new Uint16Array(bytesOf(model, "ranks"));
  const starts = images.reduce((sums, [n, m]) => [...sums, sums.at(-1) + attacks.length * (n + m)], [0]);
  let [here, metric, chosen] = [0, 0, model.get("start")];

  // The ranks of an attack's scores on the chosen model: members', then held-out images'.
  function ranksOf(attack) {
    const [n, m] = images[here];
    return ranksAt(ranks, starts[here] + attack * (n + m), [n, m]);
  }

  const rows = attacks.map((name, i) => rowOf(name, () => choose(i)));
  const list = html("div", { class: "tdr-league-rows", role: "group", "aria-label": "Attacks, strongest first" });
  const axis = svg("svg", { role: "img" });
  const heading = html("span", { class: "tdr-name" });
  const head = html(
    "div",
    { class: "tdr-league-row tdr-league-head" },
    html("span"),
    html("span", { class: "tdr-name", text: "attack" }),
    html("span", { class: "tdr-number", text: "queries" }),
    heading,
  );
  const foot = html(
    "div",
    { class: "tdr-league-row" },
    html("span"),
    html("span"),
    html("span"),
    html("span", { class: "tdr-cell" }, axis),
  );
  const key = html(
    "p",
    { class: "tdr-key" },
    legend(
      ["disc", "var(--ink)", "the figure; the line: its 95% interval"],
      ["disc", CHOSEN, "the chosen attack"],
      ["ring", "var(--ink)", first],
      ["dotted", "var(--quiet)", "guessing"],
    ),
    `▲ better, ▼ worse than ${first}, after correction for all comparisons.`,
  );
  const bars = histogram({
    caption:
      "From the lowest score, rank 1, to the highest. Where the attack works, members stand right of held-out images.",
    axis: "rank of the score",
    bins: 20,
    width: 360,
    describe: String,
  });
  const panels = html("div", { class: "tdr-panels" });
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest":
      `On ${longestOf(models)}, by ${longestOf(metrics)}, ${
        longestOf(attacks)
      } (100 queries) is 0.000 [−0.000, 0.000] ` +
      `above ${first} (100 queries): significantly better after correction (p < 0.001).`,
  });

  function sentence() {
    const asked = (attack) => `${attacks[attack]} (${queriesOf(queries[here][attack])})`;
    const start = `On ${models[here]}, by ${metrics[metric]}, ${asked(chosen)}`;
    if (chosen === baseline) {
      return `${start} reaches ${estimate(estimates[here][chosen][metric])}. The others are held against it.`;
    }
    const [difference, low, high, p, verdict] = differences[here][chosen][metric];
    const size = estimate(difference < 0 ? [-difference, -high, -low] : [difference, low, high]);
    const decided = verdict === "undecided" ? "undecided" : `significantly ${verdict}`;
    return `${start} is ${size} ${difference < 0 ? "below" : "above"} ${
      asked(baseline)
    }: ${decided} after correction (p ${p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`}).`;
  }

  function draw() {
    const name = metrics[metric];
    const scaled = axisOf([chance[metric], ...estimates[here].flatMap((figures) => figures[metric])]);
    const order = attacks.map((_, i) => i).sort((i, j) =>
      estimates[here][j][metric][0] - estimates[here][i][metric][0]
    );
    rows.forEach((row, i) =>
      row.draw({
        asked: queries[here][i],
        figures: estimates[here][i][metric],
        verdict: i === baseline ? "undecided" : differences[here][i][metric][4],
        metric: name,
        guessed: chance[metric],
        axis: scaled,
        chosen: i === chosen,
        baseline: first,
        isBaseline: i === baseline,
      })
    );
    const focused = /** @type {HTMLElement} */ (document.activeElement);
    list.replaceChildren(...order.map((i) => rows[i].node));
    if (list.contains(focused)) focused.focus();
    heading.textContent = name;
    axis.replaceChildren(
      ...scaled.ticks.map((tick) => svg("text", { x: scaled.at(tick), y: 14, "text-anchor": "middle", text: tick })),
    );
    set(axis, {
      "aria-label": `Axis: ${name} from ${scaled.range[0].toFixed(2)} to ${
        scaled.range[1].toFixed(2)
      }; guessing reaches ${chance[metric]}.`,
    });
    drawChosen();
    status.textContent = sentence();
  }

  function drawChosen() {
    const [members, heldOut] = ranksOf(chosen);
    bars.draw(members, heldOut, 1, members.length + heldOut.length);
    const curves = [{ stroke: "var(--quiet)", "stroke-dasharray": "5 4", "data-curve": "baseline" }, {
      stroke: CHOSEN,
      "data-curve": "chosen",
    }];
    const chart = rocChart("ROC on logarithmic axes", {
      logarithmic: true,
      lowest: 0.5 / heldOut.length,
      curves,
      legend: [
        ["line", CHOSEN, attacks[chosen]],
        ...(chosen === baseline ? [] : [["dashed", "var(--quiet)", first]]),
        ["dotted", "var(--quiet)", "guessing"],
      ],
    });
    const at = (attack) => `${attacks[attack]} ${estimates[here][attack][metric][0].toFixed(3)}`;
    chart.draw(
      [baseline, chosen].map((attack) => {
        const [members, heldOut] = ranksOf(attack);
        return rocOf(members, heldOut);
      }),
      `ROC curves on logarithmic axes. ${metrics[metric]}: ${at(chosen)}, ${at(baseline)}.`,
    );
    panels.replaceChildren(bars.figure, set(chart.figure, { class: "tdr-small" }));
  }

  function choose(attack) {
    chosen = attack;
    attackList.move(attack);
    draw();
  }

  const modelList = select({
    label: "Model",
    name: "model",
    options: models,
    value: here,
    change: (i) => {
      here = i;
      draw();
    },
  });
  const metricChoice = radios({
    label: "Metric",
    name: "metric",
    options: metrics.map((name) => [name, name]),
    value: metrics[metric],
    change: (name) => {
      metric = metrics.indexOf(name);
      draw();
    },
  });
  const attackList = select({ label: "Attack", name: "attack", options: attacks, value: chosen, change: choose });
  draw();
  return panel(
    el,
    "league",
    [modelList, metricChoice, attackList],
    modelList.row,
    metricChoice.row,
    attackList.row,
    status,
    html("div", { class: "tdr-league-plot" }, head, list, foot),
    key,
    panels,
  );
}

export default { render };
