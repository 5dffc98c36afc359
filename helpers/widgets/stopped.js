// A slider that stops the training: samples and the members nearest to them, how good they are, and what is given away by then.
import { axes, HELD_OUT, legend, path } from "./charts.js";
import { radios, slider } from "./controls.js";
import { estimate, html, set, svg, thumbnail } from "./dom.js";
import { LANGUAGE, phrase } from "./messages.js";
import { panel } from "./settings.js";
import { bytesOf, chunk, traits } from "./traits.js";

const [AUC, TPR, FRECHET, COPIES] = [0, 1, 2, 3];
const BOX = { left: 44, right: 386, top: 12, floor: 180 };
const TIMES = { steps: phrase("stopped.steps-axis"), visits: phrase("stopped.visits-axis") };
const ROUND = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000];

/** Ticks of a logarithmic axis: at most five round numbers. @param {number[]} range */
function ticksIn([low, high]) {
  const inside = ROUND.filter((v) => v >= low && v <= high);
  const every = Math.ceil(inside.length / 5);
  return inside.filter((_, i) => i % every === 0);
}

/**
 * One line a size, the chosen one strong, and a dot where the training stops.
 * @param {string} name @param {number[][]} values - [size][stop] @param {import("./charts.js").Axis} up @param {number[]} sizes
 */
function chart(name, values, up, sizes) {
  const drawing = svg("svg", { viewBox: "0 0 400 222", class: "tdr-chart", role: "img" });
  const dot = svg("circle", { r: 6, fill: HELD_OUT, stroke: "var(--ground)", "data-point": name });
  let to;
  let lines;
  function show(times, time) {
    const all = times.flat();
    const range = [Math.min(...all), Math.max(...all)];
    const across = { range: range.map(Math.log10), put: Math.log10, ticks: ticksIn(range), name: TIMES[time] };
    const { x, y, nodes } = axes(BOX, { ...across, describe: (v) => v.toLocaleString(LANGUAGE) }, up);
    to = (i, k) => [x(times[i][k]), y(values[i][k])];
    lines = values.map((row, i) => svg("path", { d: path(row.map((_, k) => to(i, k))), fill: "none" }));
    drawing.replaceChildren(...nodes, ...lines, dot);
    set(drawing, {
      "aria-label": phrase("stopped.chart", {
        name,
        time: TIMES[time],
        lines: values.map((row, i) =>
          phrase("stopped.line", { n: sizes[i], from: row[0].toFixed(2), to: row[row.length - 1].toFixed(2) })
        )
          .join("; "),
      }),
    });
  }
  function draw(i, k) {
    lines.forEach((line, j) =>
      set(
        line,
        j === i
          ? { stroke: "currentColor", "stroke-width": 3, "stroke-opacity": 1 }
          : { stroke: "var(--quiet)", "stroke-width": 1.2, "stroke-opacity": 0.8 },
      )
    );
    drawing.append(lines[i], dot);
    const [cx, cy] = to(i, k);
    set(dot, { cx, cy, "data-value": values[i][k] });
  }
  return { drawing, show, draw };
}

function render({ model, el }) {
  const [sizes, steps, visits, readouts, chance, shown, size, start] = traits(
    model,
    "sizes",
    "steps",
    "visits",
    "readouts",
    "chance",
    "shown",
    "size",
    "start",
  );
  const pictures = new Uint8Array(bytesOf(model, "pictures"));
  const before = steps.map((_, i) => steps.slice(0, i).reduce((sum, stops) => sum + stops.length, 0));
  let [at, stop] = start;
  let time = "steps";

  const of = (column) => readouts.map((stops) => stops.map((r) => r[column][0]));
  const distances = of(FRECHET).flat();
  const span = [Math.min(...distances) * 0.9, Math.max(...distances) * 1.1];
  const leak = chart(
    phrase("common.auc", { attack: "SimA" }),
    of(AUC),
    { range: [0.45, 1], ticks: [0.5, 0.75, 1], dotted: 0.5, name: phrase("common.auc", { attack: "SimA" }) },
    sizes,
  );
  const quality = chart(phrase("common.frechet"), of(FRECHET), {
    range: span.map(Math.log10),
    put: Math.log10,
    ticks: ticksIn(span),
    name: phrase("common.frechet"),
  }, sizes);
  const galleries = [phrase("stopped.samples"), phrase("stopped.nearest")].map((text) => ({
    text,
    row: html("div", { class: "tdr-gallery tdr-dense" }),
  }));
  const percent = (/** @type {number} */ v) => `${(100 * v).toFixed(v < 0.0995 ? 1 : 0)} %`;
  const sentence = (/** @type {number} */ i, /** @type {number} */ k) => {
    const r = readouts[i][k];
    return phrase("stopped.status", {
      steps: steps[i][k].toLocaleString(LANGUAGE),
      members: sizes[i],
      visits: Math.round(visits[i][k]).toLocaleString(LANGUAGE),
      auc: estimate(r[AUC], 2),
      tpr: percent(r[TPR][0]),
      frechet: estimate(r[FRECHET], 1),
      copies: percent(r[COPIES][0]),
      chance: percent(chance[i]),
    });
  };
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": `${sentence(sizes.length - 1, 0)}0000000000`,
  });

  function draw() {
    leak.draw(at, stop);
    quality.draw(at, stop);
    galleries.forEach(({ text, row }, kind) =>
      row.replaceChildren(
        ...Array.from({ length: shown }, (_, i) =>
          thumbnail(chunk(pictures, ((before[at] + stop) * 2 + kind) * shown + i, size ** 2), size, {
            "aria-label": phrase("stopped.thumbnail", { what: text, k: i + 1, shown }),
            "data-shown": `${kind}-${i}`,
            style: "border-color: var(--line)",
          })),
      )
    );
    status.textContent = sentence(at, stop);
  }
  function show() {
    const times = { steps, visits }[time];
    leak.show(times, time);
    quality.show(times, time);
  }

  const cut = slider({
    label: phrase("stopped.after"),
    name: "stop",
    min: 0,
    max: Math.max(...steps.map((stops) => stops.length)) - 1,
    value: stop,
    play: true,
    describe: (k) => phrase("common.n-steps", { n: (steps[at][k] ?? steps[at].at(-1)).toLocaleString(LANGUAGE) }),
    change: (value) => {
      stop = value;
      draw();
    },
  });
  cut.resize(steps[at].length - 1);
  const members = radios({
    label: phrase("stopped.members"),
    name: "members",
    key: "n",
    options: sizes.map((n) => [String(n), n.toLocaleString(LANGUAGE)]),
    value: String(sizes[at]),
    change: (n) => {
      const asked = steps[at][stop];
      at = sizes.indexOf(Number(n));
      // After as many steps, or as nearly as there is a checkpoint.
      const far = steps[at].map((step) => Math.abs(step - asked));
      stop = far.indexOf(Math.min(...far));
      cut.resize(steps[at].length - 1);
      cut.move(stop);
      draw();
    },
  });
  const clock = radios({
    label: phrase("stopped.time"),
    name: "time",
    options: [["steps", phrase("stopped.steps")], ["visits", phrase("stopped.visits")]],
    value: time,
    change: (value) => {
      time = value;
      show();
      draw();
    },
  });
  const key = legend(
    ["line", "currentColor", phrase("stopped.this-line")],
    ["disc", HELD_OUT, phrase("stopped.here")],
  );
  show();
  draw();
  return panel(
    el,
    "stopped",
    [members, cut, clock],
    members.row,
    cut.row,
    clock.row,
    status,
    ...galleries.flatMap(({ text, row }) => [html("p", { class: "tdr-key", text }), row]),
    html(
      "div",
      { class: "tdr-panels" },
      html("figure", {}, leak.drawing),
      html("figure", {}, quality.drawing),
    ),
    html("p", { class: "tdr-key" }, key),
  );
}

export default { render };
