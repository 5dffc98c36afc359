// The privacy-quality frontier: a slider over settings, and what each does to pictures, norms, ROC and its point on the frontier.
import { axes, histogram, legend, MEMBER, path, rocChart, STROKES } from "./charts.js";
import { radios, select, stops } from "./controls.js";
import { estimate, html, longestOf, set, svg, thumbnail } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { rocOf } from "./statistics.js";
import { bytesOf, chunk, traits } from "./traits.js";

const QUALITIES = {
  frechet: {
    label: phrase("frontier.frechet"),
    of: phrase("frontier.samples"),
    better: phrase("frontier.left"),
    put: (v) => Math.log10(Math.max(v, 1e-9)), // a ratio means the same at both ends
  },
  psnr: {
    label: phrase("frontier.psnr"),
    of: phrase("frontier.reconstructions"),
    better: phrase("frontier.right"),
    put: (v) => v,
  },
};
const TICKS = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500];
const DOT = "#E69F00";
/** Of columns that are not called by their own name. */
const TITLES = { frechet: phrase("common.frechet"), psnr: phrase("frontier.psnr-title") };
const titleOf = (/** @type {string} */ column) => TITLES[column] ?? column;
const KINDS = [phrase("frontier.originals"), phrase("frontier.reconstructed"), phrase("frontier.of-the-model")];
const digits = (column) => (column in QUALITIES ? 1 : 2);
// AUC against a measure of quality: a cross of intervals for each setting, lines along the curves, a dot on the chosen setting.
function frontierChart(names, curves, columns, readouts, attack) {
  const auc = phrase("common.auc", { attack });
  const kinds = [...new Set(curves)];
  const height = kinds.length > 1 ? 290 + 20 * kinds.length : 285;
  const drawing = svg("svg", { viewBox: `0 0 400 ${height}`, class: "tdr-chart", role: "img" });
  const better = html("span");
  const key = legend(
    ["disc", DOT, phrase("frontier.this-setting")],
    ["line", "var(--quiet)", phrase("frontier.interval")],
    ["dotted", "var(--quiet)", phrase("common.guessing")],
  );
  const dot = svg("circle", {
    r: 7,
    fill: DOT,
    stroke: "var(--ground)",
    "stroke-width": 2,
    "data-part": "point",
  });
  const [left, right, top, floor] = [54, 386, 14, 240];
  let to;
  function show(quality) {
    const column = columns.indexOf(quality);
    const { label, better: side, put } = QUALITIES[quality];
    const values = readouts.map((r) => r[column][0]);
    const [low, high] = [put(Math.min(...values)), put(Math.max(...values))];
    const margin = 0.08 * (high - low || 1);
    const range = [low - margin, high + margin];
    const inView = TICKS.filter((v) => put(v) >= range[0] && put(v) <= range[1]);
    const far = (v, w) => ((put(v) - put(w)) / (range[1] - range[0])) * (right - left) >= 28; // their texts do not meet
    const ticks = quality === "psnr"
      ? [low, high]
      : inView.filter((v, i) => inView.slice(0, i).every((w) => far(v, w)));
    const { x, y, nodes } = axes(
      { left, right, top, floor },
      { range, put, ticks, describe: (v) => v.toFixed(0), name: label },
      {
        range: [Math.min(0.45, ...readouts.map((r) => r[0][0])), 1],
        ticks: [0.5, 0.75, 1],
        name: auc,
        dotted: 0.5,
      },
    );
    const inside = (v, from, end) => Math.min(end, Math.max(from, v));
    const cross = ([p, q]) =>
      [
        p.slice(1).map((v) => [x(q[0]), inside(y(v), top, floor)]),
        q.slice(1).map((v) => [inside(x(v), left, right), y(p[0])]),
      ].map(path).join("");
    to = (i) => [x(readouts[i][column][0]), y(readouts[i][0][0])];
    const lines = kinds.map((kind, k) =>
      svg("path", {
        d: path(names.map((_, i) => i).filter((i) => curves[i] === kind).map(to)),
        fill: "none",
        "stroke-width": 2,
        ...STROKES[k],
      })
    );
    drawing.replaceChildren(
      ...nodes,
      ...readouts.map((r) =>
        svg("path", {
          d: cross([r[0], r[column]]),
          stroke: "var(--quiet)",
          "stroke-width": 1,
          "stroke-opacity": 0.5,
          fill: "none",
        })
      ),
      ...lines,
      ...names.map((_, i) =>
        svg("circle", { r: 3.5, cx: to(i)[0], cy: to(i)[1], fill: STROKES[kinds.indexOf(curves[i])].stroke })
      ),
      ...(kinds.length > 1
        ? kinds.flatMap((
          kind,
          k,
        ) => [
          svg("path", { d: `M46 ${296 + 20 * k}h36`, fill: "none", "stroke-width": 2, ...STROKES[k] }),
          svg("text", { x: 90, y: 300 + 20 * k, text: kind }),
        ])
        : []),
      dot,
    );
    better.textContent = ` ${phrase("frontier.better", { side })}`;
    set(drawing, {
      "aria-label": phrase("frontier.chart", {
        axis: label,
        figures: names.map((name, i) =>
          phrase("frontier.point", { setting: name, auc: readouts[i][0][0].toFixed(2), quality: values[i].toFixed(1) })
        ).join("; "),
      }),
    });
  }
  const draw = (at) => set(dot, { cx: to(at)[0], cy: to(at)[1], "data-auc": readouts[at][0][0] });
  return { figure: html("figure", {}, drawing, html("figcaption", {}, key, better)), show, draw };
}

function render({ model, el }) {
  const [names, given, curves, attack, columns, readouts, timesteps, nMembers, size] = traits(
    model,
    "names",
    "label",
    "curves",
    "attack",
    "columns",
    "readouts",
    "timesteps",
    "n_members",
    "size",
  );
  const norms = new Float32Array(bytesOf(model, "norms"));
  const pictures = new Uint8Array(bytesOf(model, "pictures"));
  const n = norms.length / names.length;
  const shown = pictures.length / names.length / KINDS.length / size ** 2;
  let at = Math.floor(names.length / 2);

  const chart = frontierChart(names, curves, columns, readouts, attack);
  const galleries = KINDS.map(() => html("div", { class: "tdr-gallery tdr-dense" }));
  const bars = histogram({ caption: phrase("frontier.norms") });
  const roc = rocChart(phrase("frontier.roc-caption"), {
    logarithmic: true,
    lowest: 0.5 / (n - nMembers),
    curves: [{ stroke: MEMBER }],
  });
  const label = given ? given[0].toUpperCase() + given.slice(1) : phrase("frontier.label");
  const widest = columns.map((name, i) => Math.max(...readouts.map((r) => estimate(r[i], digits(name)).length)));
  const cells = columns.map((name, i) => html("td", { "data-readout": name, style: `min-width: ${widest[i]}ch` }));
  const table = html(
    "table",
    { class: "tdr-readouts" },
    ...columns.map((name, i) => html("tr", {}, html("th", { scope: "row", text: titleOf(name) }), cells[i])),
  );
  const sentence = (/** @type {number} */ i) => {
    const figures = columns.map((name, c) => `${titleOf(name)} ${readouts[i][c][0].toFixed(digits(name))}`).join(", ");
    return phrase("frontier.status", { setting: names[i], figures, attack, t: timesteps[i] });
  };
  const longest = longestOf(names.map((_, i) => sentence(i)));
  const status = html("p", { class: "tdr-status", role: "status", "data-longest": longest });

  function draw() {
    galleries.forEach((gallery, kind) =>
      gallery.replaceChildren(...Array.from({ length: shown }, (_, i) => {
        return thumbnail(chunk(pictures, (at * KINDS.length + kind) * shown + i, size ** 2), size, {
          "aria-label": phrase("frontier.thumbnail", { kind: KINDS[kind], k: i + 1, shown, setting: names[at] }),
          style: "border-color: var(--line)",
        });
      }))
    );
    const here = Array.from(chunk(norms, at, n));
    bars.draw(here.slice(0, nMembers), here.slice(nMembers), Math.min(...here), Math.max(...here));
    const scores = here.map((v) => -v);
    roc.draw(
      [rocOf(scores.slice(0, nMembers), scores.slice(nMembers))],
      phrase("frontier.roc", { attack, setting: names[at] }),
    );
    columns.forEach((name, i) => (cells[i].textContent = estimate(readouts[at][i], digits(name))));
    chart.draw(at);
    status.textContent = sentence(at);
  }

  const change = (/** @type {number} */ value) => {
    at = value;
    draw();
  };
  // One curve has an order; settings of several curves have none.
  const setting = new Set(curves).size > 1
    ? select({ label, name: "setting", options: names, value: at, change })
    : stops({ label, name: "setting", values: names, at, change });
  const available = Object.keys(QUALITIES).filter((name) => columns.includes(name));
  const axis = radios({
    label: phrase("frontier.quality"),
    name: "quality",
    value: available[0],
    options: available.map((name) => [name, QUALITIES[name].of]),
    change: (name) => {
      chart.show(name);
      chart.draw(at);
    },
  });
  chart.show(available[0]);
  const strips = KINDS.flatMap((kind, i) => [html("p", { class: "tdr-key", text: kind }), galleries[i]]);
  draw();
  const several = available.length > 1;
  return panel(
    el,
    "frontier",
    [setting, ...(several ? [axis] : [])],
    setting.row,
    ...(several ? [axis.row] : []),
    status,
    html("div", { class: "tdr-panels" }, set(chart.figure, { class: "tdr-wide" }), html("div", {}, table, ...strips)),
    html("div", { class: "tdr-panels" }, set(bars.figure, { class: "tdr-wide" }), roc.figure),
  );
}

export default { render };
