// Scales, axes, histograms and ROC curves; members blue, held-out images orange.
import { html, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { counts, quantile } from "./statistics.js";

export const MEMBER = "#0072B2";

export const HELD_OUT = "#D55E00";

/**
 * What the marks of a drawing stand for, each beside the mark itself.
 * @param {...string[]} entries - the mark (line, dashed, dotted, area, hatched, disc, ring, square, diamond), its colour, a text
 */
export const legend = (...entries) =>
  html(
    "span",
    { class: "tdr-legend" },
    ...entries.map(([mark, colour, text]) =>
      html(
        "span",
        {},
        html("span", { class: `tdr-mark tdr-${mark}`, style: `--colour: ${colour}`, "aria-hidden": "true" }),
        text,
      )
    ),
  );

/** Of drawings that hold members and held-out images. */
export const GROUPS = [
  ["area", MEMBER, phrase("common.members")],
  ["hatched", HELD_OUT, phrase("common.held-out-images")],
];

// Of up to three lines that are told apart.
export const STROKES = [
  { stroke: "currentColor" },
  { stroke: "#009E73", "stroke-dasharray": "8 4" },
  { stroke: "#CC79A7", "stroke-dasharray": "2 3" },
];

/**
 * A linear scale.
 * @param {number} from @param {number} to - where the range ends in the drawing
 * @param {number[]} range - [low, high]
 */
export const scale = (from, to, [low, high]) => (value) => from + ((value - low) / (high - low)) * (to - from);

/** @param {number[][]} points - [x, y] each */
export const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");

/**
 * One of two axes.
 * @typedef {object} Axis
 * @property {number[]} range - [low, high], after `put`
 * @property {(value: number) => number} [put] - the logarithm, where a ratio means the same everywhere
 * @property {number[]} ticks
 * @property {(value: number) => string} [describe] - the text of a tick
 * @property {string} [name]
 * @property {number} [dotted] - where a dotted line crosses the chart
 */

/**
 * Two axes: where values stand along them, and their lines and texts.
 * @param {{left: number, right: number, top: number, floor: number}} box @param {Axis} across @param {Axis} up
 */
export function axes({ left, right, top, floor }, across, up) {
  const along = (from, to, { range, put = (v) => v }) => {
    const place = scale(from, to, range);
    return (value) => place(put(value));
  };
  const [x, y] = [along(left, right, across), along(floor, top, up)];
  const anchors = across.ticks.map((v) => x(v) === left ? "start" : x(v) === right ? "end" : "middle");
  const below = anchors.includes("middle") ? 34 : 16; // between ticks at the two ends there is room for the name
  const write = (axis, v) => (axis.describe ?? String)(v);
  const nodes = [
    svg("path", { class: "axis", d: `M${left} ${top}V${floor}H${right}` }),
    ...across.ticks.map((v, i) =>
      svg("text", { x: x(v), y: floor + 16, "text-anchor": anchors[i], text: write(across, v) })
    ),
    ...up.ticks.map((v) => svg("text", { x: left - 5, y: y(v) + 4, "text-anchor": "end", text: write(up, v) })),
    svg("text", { x: (left + right) / 2, y: floor + below, "text-anchor": "middle", text: across.name }),
  ];
  if (up.dotted !== undefined) {
    nodes.push(svg("path", { class: "axis", d: `M${left} ${y(up.dotted)}H${right}`, "stroke-dasharray": "2 3" }));
  }
  if (up.name) {
    const turned = `translate(10 ${(floor + top) / 2}) rotate(-90)`;
    nodes.push(svg("text", { "text-anchor": "middle", text: up.name, transform: turned }));
  }
  return { x, y, nodes };
}

/**
 * Two histograms over one axis, a line at the threshold and a dotted one; each only where its value is given and in range.
 * @param {object} options
 * @param {string} [options.caption]
 * @param {string} [options.line] - what the line is
 * @param {string} [options.dotted] - what the dotted line is
 * @param {string} [options.axis]
 * @param {number} [options.bins] @param {number} [options.width] @param {number} [options.height]
 * @param {(value: number) => string} [options.describe] - of the axis' ends
 * @param {boolean} [options.key] - with what the marks stand for
 */
export function histogram({
  caption = "",
  line: lineText,
  dotted: dottedText,
  axis = phrase("common.norm"),
  bins = 40,
  width = 400,
  height = 210,
  describe = (v) => v.toPrecision(3),
  key = true,
} = {}) {
  const [left, right, top, floor] = [44, width - 10, 15, height - 40];
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const areas = [MEMBER, HELD_OUT].map((colour, i) =>
    svg("path", {
      fill: colour,
      "fill-opacity": 0.3,
      stroke: colour,
      "stroke-width": 2,
      "stroke-dasharray": i ? "6 3" : "none",
      "data-histogram": i ? "held-out" : "members",
    })
  );
  const line = svg("line", { y1: 12, y2: floor, stroke: "currentColor", "stroke-width": 2, "data-part": "threshold" });
  const second = svg("line", {
    y1: 12,
    y2: floor,
    stroke: "currentColor",
    "stroke-width": 1.5,
    "stroke-dasharray": "2 4",
    "data-part": "second-line",
  });
  const most = svg("text", { x: left - 5, y: top + 4, "text-anchor": "end" }); // of the images in one bin
  const ends = [
    svg("text", { x: left, y: floor + 16 }),
    svg("text", { x: right, y: floor + 16, "text-anchor": "end" }),
  ];
  drawing.append(
    ...areas,
    svg("path", { class: "axis", d: `M${left} ${top}V${floor}H${right}` }),
    most,
    svg("text", { x: left - 5, y: floor + 4, "text-anchor": "end", text: "0" }),
    svg("text", {
      "text-anchor": "middle",
      text: phrase("common.images"),
      transform: `translate(10 ${(floor + top) / 2}) rotate(-90)`,
    }),
    second,
    line,
    ...ends,
    svg("text", { x: (left + right) / 2, y: height - 7, "text-anchor": "middle", text: axis }),
  );
  const words = html("span", { text: caption });
  const marks = legend(
    ...(key ? GROUPS : []),
    ...(lineText ? [["line", "var(--ink)", lineText]] : []),
    ...(dottedText ? [["dotted", "var(--ink)", dottedText]] : []),
  );
  function draw(members, heldOut, low, high, threshold, dotted) {
    const both = [members, heldOut].map((values) => counts(values, low, high, bins));
    const x = scale(left, right, [0, bins]);
    const largest = Math.max(...both.flat());
    const y = scale(floor, top, [0, largest]);
    most.textContent = String(largest);
    both.forEach((count, i) => {
      const outline = count.flatMap((c, bin) => [[x(bin), y(c)], [x(bin + 1), y(c)]]);
      set(areas[i], { d: path([[left, floor], ...outline, [right, floor]]), "data-counts": count.join(",") });
    });
    const x0 = scale(left, right, [low, high]);
    for (const [node, value] of [[line, threshold], [second, dotted]]) {
      const at = value >= low && value <= high ? x0(value) : -10;
      set(node, { x1: at, x2: at });
    }
    [ends[0].textContent, ends[1].textContent] = [describe(low), describe(high)];
    const [inside, outside] = [members, heldOut].map((values) => describe(quantile(values, 0.5)));
    set(drawing, {
      "aria-label": phrase("charts.histogram", {
        axis,
        low: describe(low),
        high: describe(high),
        member: inside,
        held_out: outside,
      }),
    });
  }
  return { figure: html("figure", {}, drawing, html("figcaption", {}, marks, " ", words)), words, draw };
}

// Axes from `lowest` to 1 if logarithmic, else from 0; `curves` are the attributes of the lines, drawn in this order.
export function rocChart(caption, { logarithmic, lowest, curves, legend: entries = [] }) {
  const drawing = svg("svg", { viewBox: "0 0 210 210", role: "img", "data-roc": logarithmic ? "log" : "linear" });
  const put = (value) => (logarithmic ? Math.log10(Math.max(value, lowest)) : value);
  const axis = {
    range: [put(logarithmic ? lowest : 0), put(1)],
    put,
    ticks: logarithmic ? [0.01, 0.1, 1] : [0, 0.5, 1],
  };
  const { x, y, nodes } = axes(
    { left: 50, right: 200, top: 10, floor: 170 },
    { ...axis, name: phrase("common.fpr") },
    { ...axis, name: phrase("common.tpr") },
  );
  const to = ([fpr, tpr]) => [x(fpr), y(tpr)];
  const lines = curves.map((attributes) => svg("path", { fill: "none", "stroke-width": 2.5, ...attributes }));
  const chance = svg("path", { class: "axis", d: path([to([lowest, lowest]), to([1, 1])]), "stroke-dasharray": "2 3" });
  drawing.append(...nodes, chance, ...lines);
  const words = html("span", { text: caption });
  function draw(rocs, label) {
    rocs.forEach((points, k) =>
      set(lines[k], {
        d: path(points.flatMap((point, i) => (i ? [[point[0], points[i - 1][1]], point] : [point])).map(to)),
      })
    );
    set(drawing, { "aria-label": label });
  }
  const figure = html("figure", {}, drawing, html("figcaption", {}, words, " ", legend(...entries)));
  return { figure, words, drawing, to, draw };
}
