// The norm of the predicted noise against the timestep: bands of members and held-out images, and one curve over them.
import { axes, HELD_OUT, legend, MEMBER, path } from "./charts.js";
import { html, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { quantile } from "./statistics.js";

/** @param {number[]} timesteps */
export function curve(timesteps) {
  const ends = [timesteps[0], timesteps[timesteps.length - 1]];
  const { x, y: unit } = frame(1);
  let y = unit;
  let top = 1;
  /** @type {number[][][]} */
  let bands = []; // at each timestep, of members and of held-out images: quantiles
  const around = svg("g");
  const drawing = svg("svg", { viewBox: "0 0 400 196", class: "tdr-chart", role: "img" });
  const shapes = [MEMBER, HELD_OUT].map((colour, g) => ({
    area: svg("path", { fill: colour, "fill-opacity": 0.2 }),
    middle: svg("path", { fill: "none", stroke: colour, "stroke-dasharray": g ? "6 3" : "none", "stroke-width": 1.5 }),
  }));
  const line = svg("path", { fill: "none", stroke: "currentColor", "stroke-width": 2.5, "data-part": "curve" });
  const dot = svg("circle", { r: 4.5, fill: "currentColor", "data-part": "dot" });
  drawing.append(around, ...shapes.flatMap(({ area, middle }) => [area, middle]), line, dot);
  const words = html(
    "figcaption",
    {},
    legend(
      ["line", "var(--ink)", phrase("curve.drawing")],
      ["line", MEMBER, phrase("curve.member")],
      ["dashed", HELD_OUT, phrase("curve.held-out")],
    ),
    phrase("curve.bands"),
  );

  /** Axes up to the largest norm that is drawn. */
  function frame(/** @type {number} */ largest) {
    return axes(
      { left: 48, right: 390, top: 12, floor: 170 },
      { range: ends, ticks: ends, name: phrase("common.timestep") },
      { range: [0, largest], ticks: [0, Math.floor(largest)], name: phrase("common.norm") },
    );
  }

  /** @param {{members: Float64Array, heldOut: Float64Array}[]} norms - at each timestep */
  function among(norms) {
    bands = norms.map(({ members, heldOut }) =>
      [members, heldOut].map((v) => [0.05, 0.5, 0.95].map((q) => quantile(v, q)))
    );
    top = 1.15 * Math.max(...bands.flat(2));
    const framed = frame(top);
    y = framed.y;
    around.replaceChildren(...framed.nodes);
    shapes.forEach(({ area, middle }, g) => {
      const along = (k) => timesteps.map((t, i) => [x(t), y(bands[i][g][k])]);
      set(area, { d: `${path([...along(0), ...along(2).reverse()])}Z` });
      set(middle, { d: path(along(1)) });
    });
  }

  /** @param {number[]} values - of the drawing, at each timestep @param {number} at - the chosen one's index */
  function draw(values, at) {
    const capped = values.map((v) => Math.min(v, top)); // what leaves the picture stays at its upper edge
    set(line, {
      d: path(timesteps.map((t, i) => [x(t), y(capped[i])])),
      "data-values": values.map((v) => v.toFixed(5)).join(","),
    });
    set(dot, { cx: x(timesteps[at]), cy: y(capped[at]) });
    const [inside, outside] = bands[at].map((band) => band[1].toPrecision(3));
    set(drawing, {
      "aria-label": phrase("curve.chart", {
        t: timesteps[at],
        drawing: values[at].toPrecision(3),
        member: inside,
        held_out: outside,
      }),
    });
  }
  return { figure: html("figure", { class: "tdr-wide" }, drawing, words), among, draw };
}
