// A digit as the data set has it: a bitmap of 32 x 32, counted in blocks of 4 x 4. helpers.bitmaps does the same.

export const SIDE = 32; // of the bitmap
export const SMALL = 8; // of the image that the network sees
const BLOCK = SIDE / SMALL;
const ORDER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]; // in which a block's pixels are set

/**
 * How many pixels of each block are set, 0 to 16.
 * @param {ArrayLike<number>} bitmap - SIDE x SIDE of 0 and 1
 */
export function levelsOf(bitmap) {
  const levels = new Uint8Array(SMALL ** 2);
  for (let i = 0; i < bitmap.length; i++) {
    const [row, column] = [Math.floor(i / SIDE), i % SIDE];
    levels[Math.floor(row / BLOCK) * SMALL + Math.floor(column / BLOCK)] += bitmap[i];
  }
  return levels;
}

/**
 * A bitmap whose blocks have so many pixels set.
 * @param {ArrayLike<number>} levels - SMALL x SMALL, 0 to 16
 */
export function bitmapOf(levels) {
  return Uint8Array.from({ length: SIDE ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / SIDE), i % SIDE];
    const level = levels[Math.floor(row / BLOCK) * SMALL + Math.floor(column / BLOCK)];
    return Number(ORDER[(row % BLOCK) * BLOCK + (column % BLOCK)] < level);
  });
}

/** @param {ArrayLike<number>} levels - 0 to 16; gives what the network sees, in [-1, 1] */
export const imageOf = (levels) => Float32Array.from(levels, (level) => level / 8 - 1);

/** The rows of a small image. @param {ArrayLike<number>} values */
export const rowsOf = (values) =>
  Array.from({ length: SMALL }, (_, i) => Array.from({ length: SMALL }, (_, k) => values[SMALL * i + k]));

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
   * Set (or clear) all pixels within `radius` of the line from one place to another; places are pixels, from 0 to SIDE.
   * @param {number[]} from @param {number[]} to @param {number} radius @param {number} value - 1, or 0 to erase
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

  /** @param {ArrayLike<number>} levels */
  load(levels) {
    this.begin();
    this.bitmap = bitmapOf(levels);
  }

  clear() {
    this.begin();
    this.bitmap = new Uint8Array(SIDE ** 2);
  }
}
