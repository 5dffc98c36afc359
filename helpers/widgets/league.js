// A league as a dot plot, and one attack of it in detail beside the baseline.
import { histogram, legend, rocChart } from "./charts.js";
import { metricRadios, select } from "./controls.js";
import { estimate, html, longestOf, queriesOf, set, svg } from "./dom.js";
import { panel } from "./settings.js";
import { axisOf, CHOSEN, rowOf } from "./standing.js";
import { rocOf } from "./statistics.js";
import { bytesOf, ranksAt, traits } from "./traits.js";

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
  const metricChoice = metricRadios(metrics, metric, (to) => {
    metric = to;
    draw();
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
