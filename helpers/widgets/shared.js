// What the widgets share: elements, labelled controls, scales, pictures, charts. Put in front of each widget's own script.
const MEMBER = "#0072B2";
const HELD_OUT = "#D55E00";
const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const html = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const set = (node, attributes) => fill(node, attributes, []);

let serial = 0; // ids have to differ between two widgets on one page

// A native range input with its label and the value in words beside it; `describe` turns a position into those words.
function slider({ label, name, min, max, step = 1, value, describe = String, change }) {
  const id = `tdr-${name}-${serial++}`;
  const input = html("input", { type: "range", id, min, max, step, "data-control": name });
  const shown = html("output", { for: id });
  const update = () => {
    shown.textContent = describe(Number(input.value));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  input.value = value;
  update();
  input.addEventListener("input", () => {
    update();
    change(Number(input.value));
  });
  const move = (to) => {
    input.value = to;
    update();
  };
  return { row: html("div", { class: "tdr-row" }, html("label", { for: id, text: label }), input, shown), input, move };
}

const button = (text, click) => html("button", { type: "button", class: "tdr-button", text, onclick: click });

// Native radio buttons; options are [value, text] pairs.
function radios({ label, name, options, value, change }) {
  const group = `tdr-${name}-${serial++}`;
  const choices = options.map(([option, text]) =>
    html("label", { class: "tdr-choice" },
      html("input", { type: "radio", name: group, value: option, "data-control": name, ...(option === value && { checked: "" }), onchange: () => change(option) }),
      ` ${text}`));
  return html("div", { class: "tdr-row", role: "radiogroup", "aria-label": label }, html("span", { class: "tdr-label", text: label }), ...choices);
}

// A native select; options are texts, values their indices.
function select({ label, name, options, value, change }) {
  const id = `tdr-${name}-${serial++}`;
  const list = html("select", { id, "data-control": name, onchange: () => change(Number(list.value)) }, ...options.map((text, i) => html("option", { value: i, text })));
  list.value = value;
  return { row: html("div", { class: "tdr-row" }, html("label", { for: id, text: label }), list), move: (to) => (list.value = to) };
}

const scale = (from, to, [low, high]) => (value) => from + ((value - low) / (high - low)) * (to - from);
const grey = (value) => {
  const level = Math.round(255 * Math.min(1, Math.max(0, (value + 1) / 2)));
  return `rgb(${level},${level},${level})`;
};
const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");

// A trait of bytes, copied so that any typed array may lie over it.
function bytesOf(model, name) {
  const view = model.get(name);
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

const minus = (text) => String(text).replaceAll("-", "−");
const estimate = ([value, low, high], digits = 3) => minus(`${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`);
const queriesOf = (n) => `${n} ${n === 1 ? "query" : "queries"}`;
const median = (values) => [...values].sort((p, q) => p - q)[Math.floor(values.length / 2)];

const PURPLE = [118, 42, 131];
const GREEN = [27, 120, 55];

// White at 0, darker with the size: purple below, green above.
function diverging(value, limit) {
  const share = Math.min(1, Math.abs(value) / limit);
  return `rgb(${(value < 0 ? PURPLE : GREEN).map((level) => Math.round(255 + share * (level - 255))).join(",")})`;
}

// A square picture of one rectangle a pixel, which keeps its values; `colour` turns a value into a fill.
function picture(name, caption, size, colour = grey) {
  const cells = Array.from({ length: size ** 2 }, (_, i) => svg("rect", { x: i % size, y: Math.floor(i / size), width: 1.02, height: 1.02 }));
  const drawing = svg("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": caption, "data-picture": name, "shape-rendering": "crispEdges" }, ...cells);
  const words = html("figcaption", { text: caption });
  const draw = (values, scaled = colour) => values.flat().forEach((value, i) => set(cells[i], { fill: scaled(value), "data-value": value }));
  return { figure: html("figure", {}, drawing, words), drawing, words, draw };
}

// A canvas of size x size grey levels, 0 to 255.
function thumbnail(levels, size, attributes) {
  const canvas = html("canvas", { width: size, height: size, role: "img", ...attributes });
  const context = canvas.getContext("2d");
  const data = context.createImageData(size, size);
  levels.forEach((level, k) => data.data.set([level, level, level, 255], 4 * k));
  context.putImageData(data, 0, 0);
  return canvas;
}

// Two histograms over one axis; no line without a threshold.
function counts(values, low, high, bins) {
  const count = new Array(bins).fill(0);
  values.forEach((v) => count[Math.min(bins - 1, Math.floor(((v - low) / (high - low)) * bins))]++);
  return count;
}

function histogram(caption, { axis = "norm of the predicted noise", bins = 40, width = 400, height = 210, describe = (v) => v.toPrecision(3) } = {}) {
  const [left, right, floor] = [10, width - 10, height - 40];
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const areas = [MEMBER, HELD_OUT].map((colour, i) =>
    svg("path", { fill: colour, "fill-opacity": 0.3, stroke: colour, "stroke-width": 2, "stroke-dasharray": i ? "6 3" : "none", "data-histogram": i ? "held-out" : "members" }),
  );
  const line = svg("line", { y1: 12, y2: floor, stroke: "currentColor", "stroke-width": 2, "data-part": "threshold" });
  const ends = [svg("text", { x: left, y: floor + 16 }), svg("text", { x: right, y: floor + 16, "text-anchor": "end" })];
  drawing.append(...areas, svg("path", { class: "axis", d: `M${left} ${floor}H${right}` }), line, ...ends,
    svg("text", { x: width / 2, y: height - 7, "text-anchor": "middle", text: axis }));
  const words = html("figcaption", { text: caption });
  function draw(members, heldOut, low, high, threshold) {
    const both = [members, heldOut].map((values) => counts(values, low, high, bins));
    const x = scale(left, right, [0, bins]);
    const y = scale(floor, 15, [0, Math.max(...both.flat())]);
    both.forEach((count, i) => {
      const outline = count.flatMap((c, bin) => [[x(bin), y(c)], [x(bin + 1), y(c)]]);
      set(areas[i], { d: path([[left, floor], ...outline, [right, floor]]), "data-counts": count.join(",") });
    });
    const at = threshold === undefined ? -10 : scale(left, right, [low, high])(threshold);
    set(line, { x1: at, x2: at });
    [ends[0].textContent, ends[1].textContent] = [describe(low), describe(high)];
    const [inside, outside] = [members, heldOut].map((values) => describe(median(values)));
    set(drawing, { "aria-label": `Histograms of the ${axis} from ${describe(low)} to ${describe(high)}: members (solid blue), median ${inside}, and held-out images (dashed orange), median ${outside}.` });
  }
  return { figure: html("figure", {}, drawing, words), words, draw };
}

// ROC of scores, higher for members: [fpr, tpr] from (0, 0) to (1, 1), one point per distinct score.
function rocOf(members, heldOut) {
  const all = [...members.map((v) => [v, 1]), ...heldOut.map((v) => [v, 0])].sort((p, q) => q[0] - p[0]);
  const points = [[0, 0]];
  let [true_, false_] = [0, 0];
  all.forEach(([value, member], i) => {
    if (member) true_++;
    else false_++;
    if (i === all.length - 1 || all[i + 1][0] !== value) points.push([false_ / heldOut.length, true_ / members.length]);
  });
  return points;
}

// Axes from `lowest` to 1 if logarithmic, else from 0; `curves` are the attributes of the lines, drawn in this order.
function rocChart(caption, { logarithmic, lowest, curves }) {
  const drawing = svg("svg", { viewBox: "0 0 210 210", role: "img", "data-roc": logarithmic ? "log" : "linear" });
  const place = (value) => (logarithmic ? Math.log10(Math.max(value, lowest)) : value);
  const range = [place(lowest * (logarithmic ? 1 : 0)), place(1)];
  const x = scale(50, 200, range);
  const y = scale(170, 10, range);
  const to = ([fpr, tpr]) => [x(place(fpr)), y(place(tpr))];
  const lines = curves.map((attributes) => svg("path", { fill: "none", "stroke-width": 2.5, ...attributes }));
  const ticks = (logarithmic ? [0.01, 0.1, 1] : [0, 0.5, 1]).flatMap((value) => [
    svg("text", { x: x(place(value)), y: 184, "text-anchor": "middle", text: value }),
    svg("text", { x: 46, y: y(place(value)) + 4, "text-anchor": "end", text: value }),
  ]);
  const chance = path([to([lowest, lowest]), to([1, 1])]);
  drawing.append(svg("path", { class: "axis", d: "M50 10V170H200" }), svg("path", { class: "axis", d: chance, "stroke-dasharray": "3 3" }), ...lines, ...ticks,
    svg("text", { x: 125, y: 203, "text-anchor": "middle", text: "false-positive rate" }),
    svg("text", { "text-anchor": "middle", text: "true-positive rate", transform: "translate(11 90) rotate(-90)" }));
  const words = html("figcaption", { text: caption });
  function draw(rocs, label) {
    rocs.forEach((points, k) => set(lines[k], { d: path(points.flatMap((point, i) => (i ? [[point[0], points[i - 1][1]], point] : [point])).map(to)) }));
    set(drawing, { "aria-label": label });
  }
  return { figure: html("figure", {}, drawing, words), words, drawing, to, draw };
}
