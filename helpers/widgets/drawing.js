// What a drawing is to the network: a bitmap of 32 x 32, averaged over blocks. helpers.bitmaps does the same.

export const SIDE = 32; // of the bitmap

/**
 * What the network sees: the mean of each block, in [-1, 1].
 * @param {ArrayLike<number>} bitmap - SIDE x SIDE, from 0 to `white`
 * @param {number} white
 * @param {number} size - of the image
 */
export function imageOf(bitmap, white, size) {
  const block = SIDE / size;
  const sums = new Float64Array(size ** 2);
  for (let i = 0; i < bitmap.length; i++) {
    const [row, column] = [Math.floor(i / SIDE), i % SIDE];
    sums[Math.floor(row / block) * size + Math.floor(column / block)] += bitmap[i];
  }
  return Float32Array.from(sums, (sum) => (2 * sum) / (white * block ** 2) - 1);
}

/**
 * Channels, one after the other, as one square picture: one channel alone, or four as two by two.
 * @param {ArrayLike<number>} values @param {number} channels - 1 or 4
 */
export function tiled(values, channels) {
  const across = Math.sqrt(channels);
  const side = Math.sqrt(values.length / channels);
  const width = across * side;
  return Float32Array.from({ length: values.length }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const channel = across * Math.floor(row / side) + Math.floor(column / side);
    return values[channel * side ** 2 + (row % side) * side + (column % side)];
  });
}

/** A bitmap under a pen, with everything that was there before each stroke. */
export class Drawing {
  constructor() {
    this.bitmap = new Uint8Array(SIDE ** 2);
    /** @type {Uint8Array<ArrayBuffer>[]} */
    this.before = [];
  }

  /** What follows is one stroke, and is undone as one. */
  begin() {
    this.before.push(this.bitmap.slice());
  }

  /**
   * Set all pixels within `radius` of the line from one place to another; places are pixels, from 0 to SIDE.
   * @param {number[]} from @param {number[]} to @param {number} radius @param {number} value - 0 erases
   */
  line([x0, y0], [x1, y1], radius, value) {
    const length2 = (x1 - x0) ** 2 + (y1 - y0) ** 2;
    for (let i = 0; i < this.bitmap.length; i++) {
      const [x, y] = [(i % SIDE) + 0.5, Math.floor(i / SIDE) + 0.5];
      const along = length2 ? Math.min(1, Math.max(0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length2)) : 0;
      const away = Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
      if (away <= radius) this.bitmap[i] = value;
    }
  }

  undo() {
    this.bitmap = this.before.pop() ?? this.bitmap;
  }

  /** Another picture, from which nothing is undone. @param {ArrayLike<number>} bitmap */
  load(bitmap) {
    this.before = [];
    this.bitmap = Uint8Array.from(bitmap);
  }

  clear() {
    this.begin();
    this.bitmap = new Uint8Array(SIDE ** 2);
  }
}
