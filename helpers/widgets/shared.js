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
