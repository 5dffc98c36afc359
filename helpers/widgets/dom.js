// Elements, pictures and numbers in words: what every widget is made of.
import { phrase } from "./messages.js";

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

export const button = (text, click) => html("button", { type: "button", class: "tdr-button", text, onclick: click });

/** The longest of these texts. @param {string[]} texts */
export const longestOf = (texts) => texts.reduce((a, b) => (b.length > a.length ? b : a), "");

export const grey = (value) => {
  const level = Math.round(255 * Math.min(1, Math.max(0, (value + 1) / 2)));
  return `rgb(${level},${level},${level})`;
};

export const minus = (text) => String(text).replaceAll("-", "−");

export const estimate = ([value, low, high], digits = 3) =>
  minus(`${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`);

export const queriesOf = (n) => phrase("common.queries", { n });

/** Which images one belongs to. @param {boolean} member */
export const groupOf = (member) => member ? phrase("common.member") : phrase("common.held-out");

/** What is shown, and its name if it has one. @param {string} text @param {string} [name] */
export const named = (text, name) => (name ? `${text}, ${name}` : text);

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
  const describe = (/** @type {string} */ text) => {
    words.textContent = text;
    set(drawing, { "aria-label": text });
  };
  return { figure: html("figure", {}, drawing, words), drawing, words, describe, draw };
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
