// Elements, labelled controls, pictures and numbers in words: what every widget is made of.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Attributes of a new or a known node: "on..." listens, "text" is its text.
 * @typedef {Record<string, any>} Attributes
 */

/** @param {any} node @param {Attributes} attributes @param {(Node | string)[]} children */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/**
 * @param {string} tag @param {Attributes} attributes @param {...(Node | string)} children
 * @returns {any} the element; `any`, since the tag decides its type
 */
export const html = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

/** @param {string} tag @param {Attributes} attributes @param {...(Node | string)} children @returns {any} */
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** @param {Element} node @param {Attributes} attributes */
export const set = (node, attributes) => fill(node, attributes, []);

// Ids have to differ between two widgets on one page, each of which has a copy of this module.
const own = Math.random().toString(36).slice(2);
let serial = 0;
const unique = (/** @type {string} */ name) => `tdr-${name}-${own}-${serial++}`;

/**
 * A native range input with its label and the value in words beside it.
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.name - of the control, for tests and styles
 * @param {number} options.min
 * @param {number} options.max
 * @param {number} [options.step]
 * @param {number} options.value
 * @param {(value: number) => string} [options.describe] - turns a position into words
 * @param {(value: number) => void} options.change
 */
export function slider({ label, name, min, max, step = 1, value, describe = (position) => String(position), change }) {
  const id = unique(name);
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

/**
 * A slider over a list: what changes is the index of the chosen value.
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.name
 * @param {any[]} options.values
 * @param {number} options.at - where it starts, an index
 * @param {(value: any, i: number) => string} [options.describe]
 * @param {(at: number) => void} options.change
 */
export const stops = ({ label, name, values, at, describe = (value) => String(value), change }) =>
  slider({ label, name, min: 0, max: values.length - 1, value: at, describe: (i) => describe(values[i], i), change });

/** @param {{timesteps: number[], at: number, change: (at: number) => void, name?: string}} options - as of `stops` */
export const timestepSlider = ({ timesteps, at, change, name = "timestep" }) =>
  stops({ label: "Timestep t", name, values: timesteps, at, change });

export const button = (text, click) => html("button", { type: "button", class: "tdr-button", text, onclick: click });

/**
 * Native radio buttons.
 * @param {{label: string, name: string, options: string[][], value: string, change: (value: string) => void}} options - pairs
 *   of a value and its text
 */
export function radios({ label, name, options, value, change }) {
  const group = unique(name);
  const choices = options.map(([option, text]) =>
    html(
      "label",
      { class: "tdr-choice" },
      html("input", {
        type: "radio",
        name: group,
        value: option,
        "data-control": name,
        ...(option === value && { checked: "" }),
        onchange: () => change(option),
      }),
      ` ${text}`,
    )
  );
  return html(
    "div",
    { class: "tdr-row", role: "radiogroup", "aria-label": label },
    html("span", { class: "tdr-label", text: label }),
    ...choices,
  );
}

/**
 * A native select.
 * @param {{label: string, name: string, options: string[], value: number, change: (value: number) => void}} options - texts;
 *   the value is the index of one
 */
export function select({ label, name, options, value, change }) {
  const id = unique(name);
  const list = html(
    "select",
    { id, "data-control": name, onchange: () => change(Number(list.value)) },
    ...options.map((text, i) => html("option", { value: i, text })),
  );
  list.value = value;
  return {
    row: html("div", { class: "tdr-row" }, html("label", { for: id, text: label }), list),
    move: (to) => (list.value = to),
    /** @param {number} i @param {boolean} on */
    enable: (i, on) => (list.options[i].disabled = !on),
  };
}

export const grey = (value) => {
  const level = Math.round(255 * Math.min(1, Math.max(0, (value + 1) / 2)));
  return `rgb(${level},${level},${level})`;
};

export const minus = (text) => String(text).replaceAll("-", "−");

export const estimate = ([value, low, high], digits = 3) =>
  minus(`${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`);

export const queriesOf = (n) => `${n} ${n === 1 ? "query" : "queries"}`;

const PURPLE = [118, 42, 131];

const GREEN = [27, 120, 55];

// White at 0, darker with the size: purple below, green above.
export function diverging(value, limit) {
  const share = Math.min(1, Math.abs(value) / limit);
  return `rgb(${(value < 0 ? PURPLE : GREEN).map((level) => Math.round(255 + share * (level - 255))).join(",")})`;
}

// A square picture of one rectangle a pixel, which keeps its values; `colour` turns a value into a fill.
export function picture(name, caption, size, colour = grey) {
  const cells = Array.from(
    { length: size ** 2 },
    (_, i) => svg("rect", { x: i % size, y: Math.floor(i / size), width: 1.02, height: 1.02 }),
  );
  const drawing = svg("svg", {
    viewBox: `0 0 ${size} ${size}`,
    role: "img",
    "aria-label": caption,
    "data-picture": name,
    "shape-rendering": "crispEdges",
  }, ...cells);
  const words = html("figcaption", { text: caption });
  const draw = (values, scaled = colour) =>
    values.flat().forEach((value, i) => set(cells[i], { fill: scaled(value), "data-value": value }));
  return { figure: html("figure", {}, drawing, words), drawing, words, draw };
}

// A canvas of size x size grey levels, 0 to 255.
export function thumbnail(levels, size, attributes) {
  const canvas = html("canvas", { width: size, height: size, role: "img", ...attributes });
  const context = canvas.getContext("2d");
  const data = context.createImageData(size, size);
  levels.forEach((level, k) => data.data.set([level, level, level, 255], 4 * k));
  context.putImageData(data, 0, 0);
  return canvas;
}
