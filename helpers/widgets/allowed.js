// What may an attack find under (ε, δ)? The allowed region of the ROC, attacks in it, and what so many images could contradict.
import { HELD_OUT, path, rocChart, STROKES } from "./charts.js";
import { radios, slider, stops } from "./controls.js";
import { html, longestOf, set, svg, thumbnail } from "./dom.js";
import { LANGUAGE, phrase } from "./messages.js";
import { panel } from "./settings.js";
import { rocOf } from "./statistics.js";
import { bytesOf, chunk, rowsFrom, traits } from "./traits.js";

const REGION = "#56B4E9";
const LOWEST_RATE = 0.001; // on logarithmic axes
const EPSILON = { min: -1.5, max: 2.5, step: 0.05 }; // exponents of 10; the last position stands for no promise
const MISSED = 0.025; // by either end of an interval of 95 %

/**
 * The largest TPR at an FPR: helpers.evaluation.privacy_region.allowed_tpr.
 * @param {number} fpr @param {number} epsilon @param {number} delta
 */
export function allowedTpr(fpr, epsilon, delta) {
  if (epsilon === Infinity) return 1;
  const [first, second] = [Math.exp(epsilon) * fpr + delta, 1 - Math.exp(-epsilon) * (1 - delta - fpr)];
  return Math.min(1, Math.max(0, Math.min(first, second)));
}

/**
 * An attack that makes no mistake about n members and n held-out images: the worse ends of both intervals, and the ε that
 * follows from them, as helpers.evaluation.epsilon_bound.bound_of_counts has them.
 * @param {number} n @param {number} delta
 */
export function faultless(n, delta) {
  const tpr = MISSED ** (1 / n);
  const fpr = 1 - tpr;
  const epsilon = tpr > delta ? Math.max(0, Math.log((tpr - delta) / fpr)) : 0; // the two lines give the same
  return { fpr, tpr, epsilon };
}

/** The run whose claimed ε is nearest, as a ratio. @param {number[]} claims @param {number} epsilon */
export function nearestClaim(claims, epsilon) {
  const far = claims.map((claim) => claim === epsilon ? 0 : Math.abs(Math.log(claim) - Math.log(epsilon)));
  return far.indexOf(Math.min(...far));
}

const written = (/** @type {number} */ epsilon) => epsilon === Infinity ? "∞" : epsilon.toPrecision(2);
const whole = (/** @type {number} */ n) => n.toLocaleString(LANGUAGE);
const percent = (/** @type {number} */ rate) => `${(100 * rate).toFixed(1)} %`;

function render({ model, el }) {
  const [names, deltas, numbers, claimed, attacks, nMembers, shown, size, start] = traits(
    model,
    "names",
    "deltas",
    "numbers",
    "claimed",
    "attacks",
    "n_members",
    "shown",
    "size",
    "start",
  );
  const claims = claimed.map((row) => row.map((/** @type {number | null} */ value) => value ?? Infinity)); // [delta][run]
  const rows = rowsFrom(model, "scores", model.get("scales"));
  const pictures = new Uint8Array(bytesOf(model, "samples"));
  const rocs = rows.map((row) => rocOf(Array.from(row.slice(0, nMembers)), Array.from(row.slice(nMembers))));
  let [epsilon, delta, asked] = [10 ** start[0], deltas.indexOf(start[1]), start[2]];

  const entries = [
    ["area", REGION, phrase("allowed.region")],
    ...attacks.map((name, k) => [["line", "dashed", "dotted"][k], STROKES[k].stroke, name]),
    ["diamond", HELD_OUT, phrase("allowed.faultless")],
  ];
  const charts = [false, true].map((logarithmic) => {
    const chart = rocChart("", {
      logarithmic,
      lowest: LOWEST_RATE,
      curves: STROKES.slice(0, attacks.length),
      legend: entries,
    });
    const region = svg("path", { fill: REGION, "fill-opacity": 0.3, stroke: REGION, "data-part": "region" });
    const mark = svg("path", { fill: HELD_OUT, stroke: "var(--ground)", "data-part": "faultless" });
    chart.drawing.prepend(region);
    chart.drawing.append(mark);
    return { ...chart, logarithmic, region, mark };
  });

  const sentence = (/** @type {number} */ e, /** @type {number} */ d, /** @type {number} */ n) => {
    const run = nearestClaim(claims[d], e);
    const best = faultless(n, deltas[d]);
    const promise = e === Infinity ? phrase("allowed.no-promise") : phrase("allowed.promise", {
      epsilon: written(e),
      delta: deltas[d],
      most: percent(allowedTpr(0.01, e, deltas[d])),
    });
    const most = phrase("allowed.contradicts", {
      n: whole(n),
      epsilon: best.epsilon.toFixed(2),
      tail: e === Infinity ? "" : best.epsilon > e ? phrase("allowed.this-one") : phrase("allowed.not-this-one"),
    });
    const found = attacks.map((name, k) => `${name} ${percent(tprAt(rocs[run * attacks.length + k], 0.01))}`);
    return phrase("allowed.nearest", {
      promise,
      contradicts: most,
      run: names[run],
      epsilon: written(claims[d][run]),
      found: found.join(", "),
    });
  };
  const longest = longestOf(deltas.map((_, d) => sentence(20, d, numbers[numbers.length - 1])));
  const status = html("p", { class: "tdr-status", role: "status", "data-longest": `${longest}0000` });
  const gallery = html("div", { class: "tdr-gallery tdr-dense" });
  const caption = html("p", { class: "tdr-key" });

  function draw() {
    const run = nearestClaim(claims[delta], epsilon);
    const best = faultless(asked, deltas[delta]);
    const here = attacks.map((_, k) => rocs[run * attacks.length + k]);
    for (const { drawing, draw: drawRocs, to, region, mark, logarithmic } of charts) {
      drawRocs(
        here,
        phrase("allowed.roc", {
          scale: logarithmic ? phrase("common.logarithmic") : phrase("common.linear"),
          epsilon: written(epsilon),
          delta: deltas[delta],
          attacks: attacks.join(` ${phrase("common.and")} `),
          run: names[run],
        }),
      );
      const across = Array.from({ length: 301 }, (_, i) => logarithmic ? LOWEST_RATE ** (1 - i / 300) : i / 300);
      const above = across.map((fpr) => to([fpr, allowedTpr(fpr, epsilon, deltas[delta])]));
      const ground = logarithmic ? LOWEST_RATE : 0;
      set(region, {
        d: `${path([...above, to([1, ground]), to([ground, ground])])}Z`,
        "data-at-one-percent": allowedTpr(0.01, epsilon, deltas[delta]),
      });
      const [x, y] = to([best.fpr, best.tpr]);
      set(mark, { d: `M${x} ${y - 5}l5 5l-5 5l-5 -5Z`, "data-epsilon": best.epsilon });
      set(drawing, { "data-run": names[run] });
    }
    gallery.replaceChildren(
      ...Array.from({ length: shown }, (_, i) =>
        thumbnail(chunk(pictures, run * shown + i, size ** 2), size, {
          "aria-label": phrase("allowed.sample", { k: i + 1, shown, run: names[run] }),
          "data-sample": i,
          style: "border-color: var(--line)",
        })),
    );
    caption.textContent = phrase("allowed.samples", { run: names[run] });
    status.textContent = sentence(epsilon, delta, asked);
  }

  const promise = slider({
    label: "ε",
    name: "epsilon",
    ...EPSILON,
    value: start[0],
    describe: (value) => written(epsilonAt(value)),
    change: (value) => {
      epsilon = epsilonAt(value);
      draw();
    },
  });
  const slack = stops({
    label: "δ",
    name: "delta",
    values: deltas,
    at: delta,
    change: (at) => {
      delta = at;
      draw();
    },
  });
  const images = stops({
    label: "n",
    name: "images",
    key: "n",
    values: numbers,
    at: numbers.indexOf(asked),
    describe: whole,
    change: (at) => {
      asked = numbers[at];
      draw();
    },
  });
  const show = (/** @type {string} */ name) => {
    charts.forEach(({ figure, logarithmic }) => (figure.hidden = logarithmic !== (name === "logarithmic")));
  };
  const scales = radios({
    label: phrase("allowed.axes"),
    name: "axes",
    options: [["linear", phrase("common.linear")], ["logarithmic", phrase("common.logarithmic")]],
    value: "linear",
    change: show,
  });
  show("linear");
  draw();
  return panel(
    el,
    "allowed",
    [promise, slack, images, scales],
    promise.row,
    slack.row,
    images.row,
    scales.row,
    status,
    html("div", { style: "max-width: 380px" }, ...charts.map(({ figure }) => figure)),
    caption,
    gallery,
  );
}

/** What a position of the slider stands for. @param {number} value */
const epsilonAt = (value) => value >= EPSILON.max ? Infinity : 10 ** value;

/** The largest TPR at no more than this FPR. @param {number[][]} points @param {number} fpr */
const tprAt = (points, fpr) => Math.max(...points.filter((point) => point[0] <= fpr + 1e-9).map((point) => point[1]));

export default { render };
