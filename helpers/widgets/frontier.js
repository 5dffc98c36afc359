// The privacy-quality frontier: a slider over settings, and what each does to pictures, norms, ROC and its point on the frontier.
import { histogram, MEMBER, path, rocChart, scale } from "./charts.js";
import { bytesOf, estimate, html, radios, set, slider, svg, thumbnail } from "./dom.js";
import { rocOf } from "./statistics.js";

const QUALITIES = {
  frechet: { label: "Fréchet distance of samples", better: "left", put: (v) => Math.log10(Math.max(v, 1e-9)) }, // a ratio means the same at both ends
  psnr: { label: "PSNR of reconstructions, dB", better: "right", put: (v) => v },
};
const TICKS = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500];
const KINDS = ["Held-out images", "The same, reconstructed", "Samples of the model"];
const READOUTS = {
  AUC: ["AUC", 2],
  "TPR at 1% FPR": ["TPR at 1% FPR", 2],
  frechet: ["Fréchet distance", 1],
  psnr: ["PSNR, dB", 1],
};
const LINES = [{ stroke: "currentColor" }, { stroke: "#009E73", "stroke-dasharray": "8 4" }, {
  stroke: "#CC79A7",
  "stroke-dasharray": "2 3",
}];

// AUC against a measure of quality: a cross of intervals for each setting, lines along the curves, a dot on the chosen setting.
function frontierChart(names, curves, columns, readouts) {
  const kinds = [...new Set(curves)];
  const height = kinds.length > 1 ? 290 + 20 * kinds.length : 285;
  const drawing = svg("svg", { viewBox: `0 0 400 ${height}`, class: "tdr-chart", role: "img" });
  const words = html("figcaption");
  const dot = svg("circle", {
    r: 7,
    fill: "#E69F00",
    stroke: "var(--ground)",
    "stroke-width": 2,
    "data-part": "point",
  });
  let to;
  function axes(quality) {
    const column = columns.indexOf(quality);
    const { label, better, put } = QUALITIES[quality];
    const values = readouts.map((r) => r[column][0]);
    const [low, high] = [put(Math.min(...values)), put(Math.max(...values))];
    const margin = 0.08 * (high - low || 1);
    const linear = scale(54, 386, [low - margin, high + margin]);
    const x = (v) => linear(put(v));
    const inView = TICKS.filter((v) => x(v) >= 54 && x(v) <= 386);
    const ticks = quality === "psnr"
      ? [low, high]
      : inView.filter((v, i) => !inView.slice(0, i).some((w) => x(v) - x(w) < 28));
    const y = scale(240, 14, [Math.min(0.45, ...readouts.map((r) => r[0][0])), 1]);
    const inside = (v, from, end) => Math.min(end, Math.max(from, v));
    const cross = ([auc, q]) =>
      [
        auc.slice(1).map((v) => [x(q[0]), inside(y(v), 14, 240)]),
        q.slice(1).map((v) => [inside(x(v), 54, 386), y(auc[0])]),
      ].map(path).join("");
    to = (i) => [x(readouts[i][column][0]), y(readouts[i][0][0])];
    const lines = kinds.map((kind, k) =>
      svg("path", {
        d: path(names.map((_, i) => i).filter((i) => curves[i] === kind).map(to)),
        fill: "none",
        "stroke-width": 2,
        ...LINES[k],
      })
    );
    drawing.replaceChildren(
      svg("path", { class: "axis", d: "M54 14V240H386" }),
      svg("path", { class: "axis", d: `M54 ${y(0.5)}H386`, "stroke-dasharray": "2 3" }),
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
        svg("circle", { r: 3.5, cx: to(i)[0], cy: to(i)[1], fill: LINES[kinds.indexOf(curves[i])].stroke })
      ),
      ...[0.5, 0.75, 1].map((v) => svg("text", { x: 48, y: y(v) + 4, "text-anchor": "end", text: v })),
      ...ticks.map((v) => svg("text", { x: x(v), y: 256, "text-anchor": "middle", text: v.toFixed(0) })),
      svg("text", { x: 216, y: 276, "text-anchor": "middle", text: label }),
      svg("text", { "text-anchor": "middle", text: "AUC of SimA", transform: "translate(10 127) rotate(-90)" }),
      ...(kinds.length > 1
        ? kinds.flatMap((
          kind,
          k,
        ) => [
          svg("path", { d: `M46 ${296 + 20 * k}h36`, fill: "none", "stroke-width": 2, ...LINES[k] }),
          svg("text", { x: 90, y: 300 + 20 * k, text: kind }),
        ])
        : []),
      dot,
    );
    words.textContent =
      `Means over seeds with their 95% intervals. Better quality is to the ${better}, better privacy below; dotted: guessing.`;
    set(drawing, {
      "aria-label": `AUC against ${label}. ${
        names.map((name, i) => `${name}: AUC ${readouts[i][0][0].toFixed(2)}, ${values[i].toFixed(1)}`).join("; ")
      }.`,
    });
  }
  const draw = (at) => set(dot, { cx: to(at)[0], cy: to(at)[1], "data-auc": readouts[at][0][0] });
  return { figure: html("figure", {}, drawing, words), axes, draw };
}

function render({ model, el }) {
  const [names, label, curves, columns, readouts, timesteps, nMembers, size] = [
    "names",
    "label",
    "curves",
    "columns",
    "readouts",
    "timesteps",
    "n_members",
    "size",
  ].map((name) => model.get(name));
  const norms = new Float32Array(bytesOf(model, "norms"));
  const pictures = new Uint8Array(bytesOf(model, "pictures"));
  const n = norms.length / names.length;
  const shown = pictures.length / names.length / KINDS.length / size ** 2;
  let at = Math.floor(names.length / 2);

  const chart = frontierChart(names, curves, columns, readouts);
  const galleries = KINDS.map(() => html("div", { class: "tdr-gallery tdr-dense" }));
  const bars = histogram("Norms of one seed. Members: solid blue. Held-out: dashed orange.");
  const roc = rocChart("ROC of that seed, logarithmic axes", {
    logarithmic: true,
    lowest: 0.5 / (n - nMembers),
    curves: [{ stroke: MEMBER }],
  });
  const cells = columns.map((name) => html("td", { "data-readout": name }));
  const table = html(
    "table",
    { class: "tdr-readouts" },
    ...columns.map((name, i) => html("tr", {}, html("th", { scope: "row", text: READOUTS[name][0] }), cells[i])),
  );
  const status = html("p", { class: "tdr-status", role: "status" });

  function draw() {
    galleries.forEach((gallery, kind) =>
      gallery.replaceChildren(...Array.from({ length: shown }, (_, i) => {
        const from = ((at * KINDS.length + kind) * shown + i) * size ** 2;
        return thumbnail(pictures.subarray(from, from + size ** 2), size, {
          "aria-label": `${KINDS[kind]}, ${i + 1} of ${shown}, ${names[at]}`,
          style: "border-color: var(--line)",
        });
      }))
    );
    const here = Array.from(norms.subarray(at * n, (at + 1) * n));
    bars.draw(here.slice(0, nMembers), here.slice(nMembers), Math.min(...here), Math.max(...here));
    const scores = here.map((v) => -v);
    roc.draw(
      [rocOf(scores.slice(0, nMembers), scores.slice(nMembers))],
      `ROC of SimA on logarithmic axes, ${names[at]}.`,
    );
    columns.forEach((name, i) => (cells[i].textContent = estimate(readouts[at][i], READOUTS[name][1])));
    chart.draw(at);
    const figures = columns.map((name, i) => `${READOUTS[name][0]} ${readouts[at][i][0].toFixed(READOUTS[name][1])}`)
      .join(", ");
    status.textContent = `${names[at]}: ${figures}. SimA at t = ${timesteps[at]}.`;
  }

  const setting = slider({
    label,
    name: "setting",
    min: 0,
    max: names.length - 1,
    value: at,
    describe: (i) => names[i],
    change: (value) => {
      at = value;
      draw();
    },
  });
  const available = Object.keys(QUALITIES).filter((name) => columns.includes(name));
  const axis = radios({
    label: "Quality of",
    name: "quality",
    value: available[0],
    options: available.map((name) => [name, { frechet: "samples", psnr: "reconstructions" }[name]]),
    change: (name) => {
      chart.axes(name);
      chart.draw(at);
    },
  });
  chart.axes(available[0]);
  const strips = KINDS.flatMap((kind, i) => [html("p", { class: "tdr-key", text: kind }), galleries[i]]);
  el.append(
    html(
      "div",
      { class: "tdr tdr-frontier" },
      setting.row,
      ...(available.length > 1 ? [axis] : []),
      status,
      html("div", { class: "tdr-panels" }, set(chart.figure, { class: "tdr-wide" }), html("div", {}, table, ...strips)),
      html("div", { class: "tdr-panels" }, set(bars.figure, { class: "tdr-wide" }), roc.figure),
    ),
  );
  draw();
}

export default { render };
