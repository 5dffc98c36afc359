// A league as a dot plot, and one attack of it in detail beside the baseline.
import { histogram, legend, rocChart } from "./charts.js";
import { metricRadios, select } from "./controls.js";
import { estimate, html, longestOf, queriesOf, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { axisOf, CHOSEN, rowOf } from "./standing.js";
import { rocOf } from "./statistics.js";
import { bytesOf, ranksAt, traits } from "./traits.js";

const DECIDED = {
  better: phrase("league.better"),
  worse: phrase("league.worse"),
  undecided: phrase("league.undecided"),
};

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
  const list = html("div", { class: "tdr-league-rows", role: "group", "aria-label": phrase("league.list") });
  const axis = svg("svg", { role: "img" });
  const heading = html("span", { class: "tdr-name" });
  const head = html(
    "div",
    { class: "tdr-league-row tdr-league-head" },
    html("span"),
    html("span", { class: "tdr-name", text: phrase("league.attack") }),
    html("span", { class: "tdr-number", text: phrase("league.queries") }),
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
      ["disc", "var(--ink)", phrase("league.figure")],
      ["disc", CHOSEN, phrase("league.chosen")],
      ["ring", "var(--ink)", first],
      ["dotted", "var(--quiet)", phrase("common.guessing")],
    ),
    phrase("league.signs", { attack: first }),
  );
  const bars = histogram({
    caption: phrase("league.ranks"),
    axis: phrase("common.rank"),
    bins: 20,
    width: 360,
    describe: String,
  });
  const panels = html("div", { class: "tdr-panels" });
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": phrase("league.compared", {
      start: phrase("league.start", {
        model: longestOf(models),
        metric: longestOf(metrics),
        attack: phrase("league.asked", { attack: longestOf(attacks), queries: queriesOf(100) }),
      }),
      size: "0.000 [−0.000, 0.000]",
      side: phrase("league.above"),
      attack: phrase("league.asked", { attack: first, queries: queriesOf(100) }),
      decided: DECIDED.better,
      p: "< 0.001",
    }),
  });

  function sentence() {
    const asked = (attack) => `${attacks[attack]} (${queriesOf(queries[here][attack])})`;
    const start = phrase("league.start", { model: models[here], metric: metrics[metric], attack: asked(chosen) });
    if (chosen === baseline) {
      return phrase("league.baseline", { start, figure: estimate(estimates[here][chosen][metric]) });
    }
    const [difference, low, high, p, verdict] = differences[here][chosen][metric];
    const size = estimate(difference < 0 ? [-difference, -high, -low] : [difference, low, high]);
    return phrase("league.compared", {
      start,
      size,
      side: difference < 0 ? phrase("league.below") : phrase("league.above"),
      attack: asked(baseline),
      decided: DECIDED[verdict],
      p: p < 0.001 ? "< 0.001" : `= ${p.toFixed(3)}`,
    });
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
      "aria-label": phrase("league.axis", {
        metric: name,
        low: scaled.range[0].toFixed(2),
        high: scaled.range[1].toFixed(2),
        chance: chance[metric],
      }),
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
    const chart = rocChart(phrase("common.roc-axes", { scale: phrase("common.logarithmic") }), {
      logarithmic: true,
      lowest: 0.5 / heldOut.length,
      curves,
      legend: [
        ["line", CHOSEN, attacks[chosen]],
        ...(chosen === baseline ? [] : [["dashed", "var(--quiet)", first]]),
        ["dotted", "var(--quiet)", phrase("common.guessing")],
      ],
    });
    const at = (attack) => `${attacks[attack]} ${estimates[here][attack][metric][0].toFixed(3)}`;
    chart.draw(
      [baseline, chosen].map((attack) => {
        const [members, heldOut] = ranksOf(attack);
        return rocOf(members, heldOut);
      }),
      phrase("league.roc", { metric: metrics[metric], chosen: at(chosen), baseline: at(baseline) }),
    );
    panels.replaceChildren(bars.figure, set(chart.figure, { class: "tdr-small" }));
  }

  function choose(attack) {
    chosen = attack;
    attackList.move(attack);
    draw();
  }

  const modelList = select({
    label: phrase("common.model"),
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
  const attackList = select({
    label: phrase("common.attack"),
    name: "attack",
    options: attacks,
    value: chosen,
    change: choose,
  });
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
