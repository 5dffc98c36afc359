// What a widget's traits hold: values, and bytes that stand for numbers.

/** @param {any} model @param {string[]} names @returns {any[]} */
export const traits = (model, ...names) => names.map((name) => model.get(name));

// A trait of bytes, copied so that any typed array may lie over it.
export function bytesOf(model, name) {
  const view = model.get(name);
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

/**
 * Rows of numbers as helpers.widgets.packing packed them.
 * @param {any} model @param {string} name - of the trait of bytes
 * @param {number[][]} scales - [low, step] of each row
 */
export function rowsFrom(model, name, scales) {
  const levels = new Uint16Array(bytesOf(model, name));
  const n = levels.length / scales.length;
  return scales.map(([low, step], k) => Float64Array.from(chunk(levels, k, n), (v) => low + step * v));
}

/**
 * The k-th of the parts of equal length that lie one after the other.
 * @template {Uint8Array | Uint16Array | Float32Array} T
 * @param {T} values @param {number} k @param {number} length
 * @returns {T}
 */
export const chunk = (values, k, length) => /** @type {T} */ (values.subarray(k * length, (k + 1) * length));

/**
 * Members' numbers, then those of held-out images, from a place on: halved, since ranks come doubled.
 * @param {Uint16Array} doubled @param {number} from @param {number[]} sizes - how many there are of each
 */
export const ranksAt = (doubled, from, [n, m]) =>
  [doubled.subarray(from, from + n), doubled.subarray(from + n, from + n + m)].map((part) =>
    Array.from(part, (v) => v / 2)
  );

/** Numbers in [-1, 1] of grey levels. @param {ArrayLike<number>} levels @param {number} white - the brightest */
export const fromLevels = (levels, white = 255) => Array.from(levels, (v) => (2 * v) / white - 1);
