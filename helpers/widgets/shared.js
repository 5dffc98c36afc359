// What the three widgets share: elements, a labelled slider, scales. Put in front of each widget's own script.
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
const scale = (from, to, [low, high]) => (value) => from + ((value - low) / (high - low)) * (to - from);
const grey = (value) => {
  const level = Math.round(255 * Math.min(1, Math.max(0, (value + 1) / 2)));
  return `rgb(${level},${level},${level})`;
};
const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");

// Two histograms over one axis, members left of the threshold when the attack works; no line without a threshold.
function counts(values, low, high, bins) {
  const count = new Array(bins).fill(0);
  values.forEach((v) => count[Math.min(bins - 1, Math.floor(((v - low) / (high - low)) * bins))]++);
  return count;
}

function histogram(caption) {
  const bins = 40;
  const drawing = svg("svg", { viewBox: "0 0 400 210", role: "img" });
  const areas = [MEMBER, HELD_OUT].map((colour, i) =>
    svg("path", { fill: colour, "fill-opacity": 0.3, stroke: colour, "stroke-width": 2, "stroke-dasharray": i ? "6 3" : "none", "data-histogram": i ? "held-out" : "members" }),
  );
  const line = svg("line", { y1: 12, y2: 170, stroke: "currentColor", "stroke-width": 2, "data-part": "threshold" });
  const ends = [svg("text", { x: 10, y: 186 }), svg("text", { x: 390, y: 186, "text-anchor": "end" })];
  drawing.append(...areas, svg("path", { class: "axis", d: "M10 170H390" }), line, ...ends,
    svg("text", { x: 200, y: 203, "text-anchor": "middle", text: "norm of the predicted noise" }));
  function draw(members, heldOut, low, high, threshold) {
    const both = [members, heldOut].map((values) => counts(values, low, high, bins));
    const x = scale(10, 390, [0, bins]);
    const y = scale(170, 15, [0, Math.max(...both.flat())]);
    both.forEach((count, i) => {
      const outline = count.flatMap((c, bin) => [[x(bin), y(c)], [x(bin + 1), y(c)]]);
      set(areas[i], { d: path([[10, 170], ...outline, [390, 170]]), "data-counts": count.join(",") });
    });
    const at = threshold === undefined ? -10 : scale(10, 390, [low, high])(threshold);
    set(line, { x1: at, x2: at });
    ends[0].textContent = low.toPrecision(3);
    ends[1].textContent = high.toPrecision(3);
    set(drawing, { "aria-label": `Histograms of the norm from ${low.toPrecision(3)} to ${high.toPrecision(3)}: members (solid blue) and held-out images (dashed orange).` });
  }
  return { figure: html("figure", {}, drawing, html("figcaption", { text: caption })), draw };
}

