// Drag a query among training points; see kernel weights, local mean, and the arrow that is the predicted noise.
import { HELD_OUT, legend, MEMBER, path, scale } from "./charts.js";
import { slider, timestepSlider } from "./controls.js";
import { button, html, minus, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { normOf } from "./statistics.js";
import { kernelWeights, localMean, predictNoise } from "./theory.js";
import { traits } from "./traits.js";

function render({ model, el }) {
  const [points, heldOut, alphaBar, start] = traits(model, "points", "held_out", "alphas_cumprod", "timestep");
  let t = start;
  let query = heldOut[0].slice();
  const size = 420;
  const range = [-1.3, 1.3];
  const x = scale(0, size, range);
  const y = scale(size, 0, range);
  const unit = x(1) - x(0);

  const lines = points.map(() => svg("line", { stroke: MEMBER }));
  const members = points.map(([px, py], i) =>
    svg("circle", { cx: x(px), cy: y(py), fill: MEMBER, "fill-opacity": 0.75, stroke: MEMBER, "data-point": i })
  );
  const others = heldOut.map(([px, py]) =>
    svg("rect", {
      x: x(px) - 5,
      y: y(py) - 5,
      width: 10,
      height: 10,
      fill: "none",
      stroke: HELD_OUT,
      "stroke-width": 2,
    })
  );
  const kernel = svg("circle", { fill: "none", stroke: "currentColor", "stroke-dasharray": "4 4", opacity: 0.6 });
  const arrow = svg("line", { stroke: HELD_OUT, "stroke-width": 3.5, "data-part": "arrow" });
  const head = svg("path", { fill: HELD_OUT });
  const mean = svg("path", { fill: "#009E73", stroke: "var(--ground)", "data-part": "mean" });
  const handle = svg("circle", {
    r: 9,
    fill: "var(--ground)",
    stroke: "currentColor",
    "stroke-width": 3,
    "data-part": "query",
    style: "cursor: grab",
  });
  const drawing = svg(
    "svg",
    {
      viewBox: `0 0 ${size} ${size}`,
      role: "img",
      "aria-label": phrase("playground.drawing"),
      style: "touch-action: none; border: 1px solid var(--line)",
    },
    ...lines,
    ...others,
    ...members,
    kernel,
    arrow,
    head,
    mean,
    handle,
  );
  const [edge, names] = [size - 8, [phrase("playground.first"), phrase("playground.second")]];
  const ruler = svg(
    "g",
    { "aria-hidden": "true" },
    ...[-1, 0, 1].flatMap((v) => [
      svg("path", { class: "axis", d: `M${x(v)} ${size}v-5` }),
      svg("text", { class: "quiet", x: x(v), y: edge, "text-anchor": "middle", text: minus(v) }),
      svg("path", { class: "axis", d: `M0 ${y(v)}h5` }),
      svg("text", { class: "quiet", x: 8, y: y(v) + 4, text: minus(v) }),
    ]),
    svg("text", { class: "quiet", x: (x(0) + x(1)) / 2, y: edge, "text-anchor": "middle", text: names[0] }),
    svg("text", {
      class: "quiet",
      "text-anchor": "middle",
      transform: `translate(18 ${(y(0) + y(1)) / 2}) rotate(-90)`,
      text: names[1],
    }),
  );
  drawing.prepend(ruler);
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": phrase("playground.status", {
      norm: "000.000",
      mean: "−0.00, −0.00",
      weight: "0.00",
      counted: "00.0",
      n: points.length,
    }),
  });

  function draw() {
    const a = Math.sqrt(alphaBar[t]);
    const weights = kernelWeights(query, points, alphaBar[t]);
    const mu = localMean(query, points, alphaBar[t]);
    const norm = normOf(predictNoise(query, points, alphaBar[t]), 2);
    const [qx, qy] = [x(query[0]), y(query[1])];
    weights.forEach((w, i) => {
      set(members[i], { r: 4 + 14 * Math.sqrt(w), "data-weight": w });
      set(lines[i], {
        x1: x(points[i][0]),
        y1: y(points[i][1]),
        x2: qx,
        y2: qy,
        opacity: 0.8 * w,
        "stroke-width": 1 + 2 * w,
      });
    });
    const [mx, my] = [x(mu[0]), y(mu[1])];
    set(mean, {
      d: `M${mx} ${my - 8}L${mx + 8} ${my}L${mx} ${my + 8}L${mx - 8} ${my}z`,
      "data-x": mu[0],
      "data-y": mu[1],
    });
    const [sx, sy] = [x(a * mu[0]), y(a * mu[1])];
    set(arrow, { x1: sx, y1: sy, x2: qx, y2: qy, "data-norm": norm });
    const length = Math.hypot(qx - sx, qy - sy);
    const [ux, uy] = length > 1 ? [(qx - sx) / length, (qy - sy) / length] : [0, 0];
    const tip = [qx - 9 * ux, qy - 9 * uy];
    const side = Math.min(7, length / 3);
    set(head, {
      d: path([tip, [tip[0] - 10 * ux - side * uy, tip[1] - 10 * uy + side * ux], [
        tip[0] - 10 * ux + side * uy,
        tip[1] - 10 * uy - side * ux,
      ]]) + "z",
      visibility: length > 22 ? "visible" : "hidden",
    });
    set(kernel, { cx: qx, cy: qy, r: unit * Math.sqrt(1 - alphaBar[t]) });
    set(handle, { cx: qx, cy: qy });
    const counted = Math.exp(-weights.reduce((sum, w) => sum + (w > 0 ? w * Math.log(w) : 0), 0));
    status.textContent = phrase("playground.status", {
      norm: norm.toFixed(3),
      mean: Array.from(mu, (v) => v.toFixed(2)).join(", "),
      weight: Math.max(...weights).toFixed(2),
      counted: counted.toFixed(1),
      n: points.length,
    });
  }

  function moveTo(point) {
    query = point.map((value) => Math.min(range[1], Math.max(range[0], value)));
    across.move(query[0]);
    up.move(query[1]);
    draw();
  }

  const coordinate = (label, key, axis) =>
    slider({
      label,
      name: `query-${key}`,
      key,
      min: range[0],
      max: range[1],
      step: 0.01,
      value: query[axis],
      describe: (v) => v.toFixed(2),
      change: (value) => {
        query[axis] = value;
        draw();
      },
    });
  const across = coordinate(phrase("playground.across"), "x", 0);
  const up = coordinate(phrase("playground.up"), "y", 1);
  const timestep = timestepSlider({
    timesteps: [...alphaBar.keys()],
    at: t,
    change: (value) => {
      t = value;
      draw();
    },
  });

  const drag = (event) => {
    const box = drawing.getBoundingClientRect();
    const [low, high] = range;
    moveTo([
      low + ((event.clientX - box.left) / box.width) * (high - low),
      high - ((event.clientY - box.top) / box.height) * (high - low),
    ]);
  };
  drawing.addEventListener("pointerdown", (event) => {
    drawing.setPointerCapture(event.pointerId);
    drag(event);
  });
  drawing.addEventListener("pointermove", (event) => event.buttons && drag(event));

  const between = [0, 1].map((axis) => (points[0][axis] + points[1][axis]) / 2);
  const places = html(
    "div",
    { class: "tdr-row" },
    button(phrase("playground.on-member"), () => moveTo(points[0])),
    button(phrase("playground.on-held-out"), () => moveTo(heldOut[0])),
    button(phrase("playground.between"), () => moveTo(between)),
  );
  const key = html(
    "p",
    { class: "tdr-key" },
    legend(
      ["disc", MEMBER, phrase("playground.training")],
      ["square", HELD_OUT, phrase("playground.held-out")],
      ["ring", "var(--ink)", phrase("playground.query")],
      ["diamond", "#009E73", phrase("playground.mean")],
      ["line", HELD_OUT, phrase("playground.arrow")],
      ["dashed", "var(--ink)", phrase("playground.kernel")],
    ),
  );
  draw();
  return panel(
    el,
    "playground",
    [timestep, across, up],
    html(
      "div",
      { class: "tdr-panels" },
      drawing,
      html("div", {}, timestep.row, across.row, up.row, places, status, key),
    ),
  );
}

export default { render };
