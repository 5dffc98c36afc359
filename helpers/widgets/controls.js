// Labelled native controls. Each knows its setting as a text, for the address of a page (settings.js), and how to return to it.
import { html } from "./dom.js";
import { phrase } from "./messages.js";
import { player } from "./play.js";

/**
 * @typedef {object} Control
 * @property {any} row - label and control, to be shown
 * @property {string} key - its name in an address
 * @property {() => string} read - its setting as a text
 * @property {(text: string) => boolean} write - take a setting as the reader would; false where it has no such setting
 * @property {() => void} [stop] - play no longer
 */

// Ids have to differ between two widgets on one page, each of which has a copy of this module.
const own = Math.random().toString(36).slice(2);
let serial = 0;
const unique = (/** @type {string} */ name) => `tdr-${name}-${own}-${serial++}`;

/** The length of the longest text of a slider, by which its row stays as it is at every position. */
function widest(min, max, step, describe) {
  const positions = Math.round((max - min) / step);
  const some = Math.min(positions, 200);
  const texts = Array.from(
    { length: some + 1 },
    (_, k) => describe(min + step * Math.round((k * positions) / (some || 1))),
  );
  return Math.max(...texts.map((text) => text.length));
}

/**
 * A native range input with its label and the value in words beside it.
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.name - for tests and styles
 * @param {string} [options.key]
 * @param {number} options.min
 * @param {number} options.max
 * @param {number} [options.step]
 * @param {number} options.value
 * @param {(value: number) => string} [options.describe] - turns a position into words
 * @param {(value: number) => void} options.change
 * @param {boolean} [options.play] - with a button that plays it
 * @param {string[]} [options.spelt] - its positions in an address, where they are not the numbers themselves
 */
export function slider(
  {
    label,
    name,
    key = name,
    min,
    max,
    step = 1,
    value,
    describe = (position) => String(position),
    change,
    play = false,
    spelt,
  },
) {
  let end = max;
  const id = unique(name);
  const input = html("input", { type: "range", id, min, max, step, "data-control": name });
  const shown = html("output", { for: id, style: `min-width: ${widest(min, max, step, describe)}ch` });
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
  const row = html("div", { class: "tdr-row" }, html("label", { for: id, text: label }), input, shown);
  const playing = play ? player(input) : null;
  if (playing) row.append(playing.node);
  /** Another largest value. @param {number} to */
  const resize = (to) => {
    input.max = end = to;
    update();
  };
  return {
    row,
    key,
    stop: () => playing?.stop(),
    input,
    move,
    resize,
    read: () => spelt ? spelt[Number(input.value)] : String(Number(input.value)),
    write(/** @type {string} */ text) {
      const to = spelt ? spelt.indexOf(text) : text.trim() === "" ? NaN : Number(text);
      if (!(to >= min && to <= end)) return false;
      move(to);
      change(Number(input.value)); // a number between two positions goes to the nearer
      return true;
    },
  };
}

/**
 * A slider over a list that has an order: what changes is the index of the chosen value.
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.name
 * @param {string} [options.key]
 * @param {any[]} options.values
 * @param {number} options.at - where it starts, an index
 * @param {(value: any, i: number) => string} [options.describe]
 * @param {(at: number) => void} options.change
 * @param {boolean} [options.play]
 * @param {(value: any) => string} [options.spell] - a value in an address
 */
export const stops = (
  { label, name, key, values, at, describe = (value) => String(value), change, play, spell = (value) => String(value) },
) =>
  slider({
    label,
    name,
    key,
    min: 0,
    max: values.length - 1,
    value: at,
    describe: (i) => describe(values[i], i),
    change,
    play,
    spelt: values.map(spell),
  });

/** @param {{timesteps: number[], at: number, change: (at: number) => void, name?: string}} options - as of `stops` */
export const timestepSlider = ({ timesteps, at, change, name = "timestep" }) =>
  stops({ label: phrase("controls.timestep"), name, key: "t", values: timesteps, at, change, play: true });

/**
 * Native radio buttons.
 * @param {{label: string, name: string, key?: string, options: string[][], value: string, change: (value: string) => void}} options - pairs
 *   of a value and its text
 */
export function radios({ label, name, key = name, options, value, change }) {
  const group = unique(name);
  const inputs = options.map(([option]) =>
    html("input", {
      type: "radio",
      name: group,
      value: option,
      "data-control": name,
      ...(option === value && { checked: "" }),
      onchange: () => change(option),
    })
  );
  const choices = options.map(([, text], i) => html("label", { class: "tdr-choice" }, inputs[i], ` ${text}`));
  const row = html(
    "div",
    { class: "tdr-row", role: "radiogroup", "aria-label": label },
    html("span", { class: "tdr-label", text: label }),
    ...choices,
  );
  const move = (/** @type {string} */ to) => inputs.forEach((input) => (input.checked = input.value === to));
  return {
    row,
    key,
    inputs,
    move,
    read: () => inputs.find((input) => input.checked)?.value ?? value,
    write(/** @type {string} */ text) {
      if (!options.some(([option]) => option === text)) return false;
      move(text);
      change(text);
      return true;
    },
  };
}

/**
 * Which metric? @param {string[]} metrics @param {number} at @param {(at: number) => void} change
 */
export const metricRadios = (metrics, at, change) =>
  radios({
    label: phrase("controls.metric"),
    name: "metric",
    options: metrics.map((name) => [name, name]),
    value: metrics[at],
    change: (name) => change(metrics.indexOf(name)),
  });

/**
 * A native select.
 * @param {{label: string, name: string, key?: string, options: string[], value: number, change: (value: number) => void}} options - texts;
 *   the value is the index of one
 */
export function select({ label, name, key = name, options, value, change }) {
  const id = unique(name);
  const list = html(
    "select",
    { id, "data-control": name, oninput: () => change(Number(list.value)) },
    ...options.map((text, i) => html("option", { value: i, text })),
  );
  list.value = value;
  const move = (/** @type {number} */ to) => (list.value = to);
  return {
    row: html("div", { class: "tdr-row" }, html("label", { for: id, text: label }), list),
    key,
    move,
    read: () => options[Number(list.value)],
    write(/** @type {string} */ text) {
      const to = options.indexOf(text);
      if (to < 0 || list.options?.[to].disabled) return false;
      move(to);
      change(to);
      return true;
    },
    /** @param {number} i @param {boolean} on */
    enable: (i, on) => (list.options[i].disabled = !on),
  };
}
