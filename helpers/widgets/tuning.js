// What is trained and for how long: two sliders, and the trail of each kind of fine-tune between what it gains and what it leaks.
import { axes, legend, path } from "./charts.js";
import { radios, stops } from "./controls.js";
import { estimate, html, longestOf, set, svg } from "./dom.js";
import { LANGUAGE, phrase } from "./messages.js";
import { panel } from "./settings.js";
import { traits } from "./traits.js";

const DOT = "#E69F00";
/** What is asked, by its name. */
const QUESTIONS = {
  "SimA, right": phrase("tuning.right"),
  "SimA, none": phrase("tuning.none"),
  "relative SimA, right": phrase("tuning.relative"),
};
const BOX = { left: 54, right: 386, top: 14, floor: 240 };

// The share by which the loss fell or rose, in words.
const changed = (ratio) =>
  `${Math.abs(100 * (1 - ratio)).toFixed(1)} % ${ratio < 1 ? phrase("tuning.lower") : phrase("tuning.higher")}`;
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** The step of a list that is nearest to the one that was asked for. @param {number[]} steps @param {number} wanted */
export const nearest = (steps, wanted) =>
  steps.reduce((best, step, i) => (Math.abs(step - wanted) < Math.abs(steps[best] - wanted) ? i : best), 0);

function render({ model, el }) {
  const [kinds, steps, names, found] = traits(model, "kinds", "steps", "questions", "found");
  const questions = names.map((name) => [name, QUESTIONS[name] ?? name]);
  const wanted = [...new Set(steps.flat())].sort((a, b) => a - b);
  let [kind, step, question] = [0, wanted.indexOf(500), 0];

  const losses = found.flat().map((f) => f.loss[0]);
  const [low, high] = [Math.min(...losses, 1), Math.max(...losses, 1)];
  const margin = 0.05 * (high - low);
  const drawing = svg("svg", { viewBox: "0 0 400 285", class: "tdr-chart", role: "img" });
  const cells = ["AUC", "TPR", "loss", "copied"].map((name) => html("td", { "data-readout": name }));
  const titles = ["AUC", phrase("tuning.tpr"), phrase("tuning.loss"), phrase("tuning.copies")];
  const table = html(
    "table",
    { class: "tdr-readouts" },
    ...titles.map((title, i) => html("tr", {}, html("th", { scope: "row", text: title }), cells[i])),
  );
  const sentence = (k, i, q) => {
    const { AUC, loss } = found[k][i];
    return phrase("tuning.status", {
      kind: kinds[k],
      steps: steps[k][i].toLocaleString(LANGUAGE),
      loss: changed(loss[0]),
      question: questions[q][1],
      auc: AUC[q][0].toFixed(2),
    });
  };
  const all = kinds.flatMap((_, k) => steps[k].flatMap((_, i) => names.map((_, q) => sentence(k, i, q))));
  const status = html("p", { class: "tdr-status", role: "status", "data-longest": longestOf(all) });

  function draw() {
    const at = nearest(steps[kind], wanted[step]);
    const { x, y, nodes } = axes(
      BOX,
      {
        range: [low - margin, high + margin],
        ticks: [0.95, 1, 1.05, 1.1, 1.15].filter((v) => v > low - margin && v < high + margin),
        describe: (v) => v.toFixed(2),
        name: phrase("tuning.loss"),
      },
      { range: [0.45, 1], ticks: [0.5, 0.75, 1], name: phrase("common.auc", { attack: "SimA" }), dotted: 0.5 },
    );
    const to = (k, i) => [x(found[k][i].loss[0]), y(found[k][i].AUC[question][0])];
    const { AUC, TPR, loss, copied } = found[kind][at];
    const [across, up] = to(kind, at);
    drawing.replaceChildren(
      ...nodes,
      svg("path", { class: "axis", d: `M${x(1)} ${BOX.top}V${BOX.floor}`, "stroke-dasharray": "2 3" }),
      ...kinds.map((_, k) =>
        svg("path", {
          d: path(steps[k].map((_, i) => to(k, i))),
          fill: "none",
          stroke: "currentColor",
          "stroke-width": k === kind ? 2.5 : 1,
          "stroke-opacity": k === kind ? 1 : 0.35,
          "data-trail": kinds[k],
        })
      ),
      svg("path", {
        d: path(AUC[question].slice(1).map((v) => [across, y(v)])) + path(loss.slice(1).map((v) => [x(v), up])),
        stroke: DOT,
        "stroke-width": 1.5,
        fill: "none",
      }),
      ...steps[kind].map((_, i) =>
        svg("circle", { r: 3.5, cx: to(kind, i)[0], cy: to(kind, i)[1], fill: "currentColor" })
      ),
      svg("circle", {
        r: 7,
        cx: across,
        cy: up,
        fill: DOT,
        stroke: "var(--ground)",
        "stroke-width": 2,
        "data-part": "point",
      }),
    );
    set(drawing, {
      "aria-label": phrase("tuning.chart", {
        kind: kinds[kind],
        points: steps[kind].map((n, i) =>
          phrase("tuning.point", {
            n,
            auc: found[kind][i].AUC[question][0].toFixed(2),
            loss: found[kind][i].loss[0].toFixed(2),
          })
        ).join("; "),
      }),
    });
    const texts = [estimate(AUC[question], 2), estimate(TPR[question], 2), estimate(loss, 3), percent(copied)];
    texts.forEach((text, i) => (cells[i].textContent = text));
    status.textContent = sentence(kind, at, question);
  }

  const trained = stops({
    label: phrase("tuning.trained"),
    name: "kind",
    values: kinds,
    at: kind,
    change: (value) => {
      kind = value;
      draw();
    },
  });
  const along = stops({
    label: phrase("tuning.steps"),
    name: "steps",
    values: wanted,
    at: step,
    play: true,
    describe: (n) => n.toLocaleString(LANGUAGE),
    change: (value) => {
      step = value;
      draw();
    },
  });
  const asked = radios({
    label: phrase("tuning.asked"),
    name: "question",
    value: names[question],
    options: questions,
    change: (name) => {
      question = names.indexOf(name);
      draw();
    },
  });
  const key = legend(
    ["disc", DOT, phrase("tuning.this")],
    ["line", "currentColor", phrase("tuning.along")],
    ["dotted", "var(--quiet)", phrase("tuning.guessing")],
  );
  draw();
  return panel(
    el,
    "tuning",
    [trained, along, asked],
    trained.row,
    along.row,
    asked.row,
    status,
    html(
      "div",
      { class: "tdr-panels" },
      html(
        "figure",
        { class: "tdr-wide" },
        drawing,
        html("figcaption", {}, key, ` ${phrase("tuning.better")}`),
      ),
      table,
    ),
  );
}

export default { render };
