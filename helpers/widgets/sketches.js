// What a model draws under some words: pictures that were computed beforehand, and others that are drawn here, step by step.
import { button, html, set } from "./dom.js";
import { phrase } from "./messages.js";

/** A picture in colour. @param {string} name @param {number} size - pixels on a side @param {Record<string, any>} attributes */
export function photo(name, size, attributes = {}) {
  const canvas = html("canvas", {
    width: size,
    height: size,
    class: "tdr-raster",
    role: "img",
    "data-picture": name,
    ...attributes,
  });
  const context = canvas.getContext("2d");
  return {
    canvas,
    /** @param {ArrayLike<number>} levels - size x size x 3 of them, 0 to 255 */
    draw(levels) {
      const data = context.createImageData(size, size);
      for (let i = 0; i < size ** 2; i++) {
        data.data.set([levels[3 * i], levels[3 * i + 1], levels[3 * i + 2], 255], 4 * i);
      }
      context.putImageData(data, 0, 0);
      canvas.dataset.values = Array.from(levels).join(",");
    },
    clear() {
      context.clearRect(0, 0, size, size);
      canvas.dataset.values = "";
    },
  };
}

/** The levels of a picture (3, size, size) in [-1, 1]. @param {ArrayLike<number>} values @param {number} size */
export const levelsOf = (values, size) =>
  Uint8ClampedArray.from(
    { length: values.length },
    (_, i) => (values[(i % 3) * size ** 2 + Math.floor(i / 3)] + 1) * 127.5,
  );

/** Standard normal numbers, the same for the same seed. @param {number} seed @param {number} length */
export function gaussian(seed, length) {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  const uniform = () => { // "mulberry32", of Tommy Ettinger
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const draw = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return Float32Array.from({ length }, draw);
}

/**
 * One step of DDIM, from where a share `here` of the variance is the picture's to where a share `there` is.
 * @param {Float32Array} z @param {ArrayLike<number>} noise - predicted in z @param {number} here @param {number} there
 */
export const ddimStep = (z, noise, here, there) =>
  z.map((v, i) => Math.sqrt(there / here) * (v - Math.sqrt(1 - here) * noise[i]) + Math.sqrt(1 - there) * noise[i]);

/**
 * @param {object} options
 * @param {number} options.size - of a picture
 * @param {number} options.places - for pictures
 * @param {number[][]} options.steps - of a drawing: [timestep, ᾱ], falling
 * @param {(n: number) => Float32Array} options.start - the n-th noise to start from
 * @param {(z: Float32Array, timestep: number) => Promise<{noise: Float32Array, image: Float32Array}>} options.ask - what the
 *   model predicts in z and what z looks like, under the words that are chosen
 * @param {(error: Error) => void} options.failed
 */
export function sketches({ size, places, steps, start, ask, failed }) {
  const shown = Array.from({ length: places }, (_, i) => {
    const drawing = photo(`drawn-${i}`, size);
    const words = html("figcaption", { "data-longest": phrase("sketches.drawn-here", { n: 9999 }) });
    return { ...drawing, words, figure: html("figure", {}, drawing.canvas, words) };
  });
  const state = html("p", {
    class: "tdr-key",
    role: "status",
    "data-part": "sketch",
    "data-longest": phrase("sketches.stopped", { step: steps.length, steps: steps.length }),
  });
  const progress = html("progress", { max: steps.length, value: 0, "aria-label": phrase("sketches.progress") });
  let [before, count, run, busy] = [0, 0, 0, false]; // pictures computed beforehand, drawn here; the last run

  function say(/** @type {number} */ i, /** @type {string} */ text) {
    shown[i].words.textContent = text;
    set(shown[i].canvas, { "aria-label": text || phrase("sketches.room") });
  }
  function end(/** @type {string} */ text) {
    run++;
    busy = false;
    state.textContent = text;
    toggle.textContent = phrase("sketches.another");
  }
  async function draw() {
    const [mine, i, n] = [++run, before + count % (places - before), before + count + 1];
    count++;
    busy = true;
    progress.value = 0;
    state.textContent = phrase("sketches.drawing", { n: steps.length });
    toggle.textContent = phrase("sketches.stop");
    say(i, phrase("sketches.drawn-here", { n }));
    let z = start(n);
    for (const [k, [timestep, here]] of steps.entries()) {
      const { noise, image } = await ask(z, timestep);
      if (run !== mine) return;
      progress.value = k + 1;
      shown[i].draw(levelsOf(image, size));
      z = ddimStep(z, noise, here, steps[k + 1]?.[1] ?? 1);
    }
    const { image } = await ask(z, 0);
    if (run !== mine) return;
    shown[i].draw(levelsOf(image, size));
    end(phrase("sketches.done", { n: steps.length, seed: n }));
  }
  const toggle = button(phrase("sketches.another"), () => {
    if (busy) return end(phrase("sketches.stopped", { step: progress.value, steps: steps.length }));
    draw().catch((error) => {
      end("");
      failed(error);
    });
  });

  return {
    node: html(
      "div",
      {},
      html("div", { class: "tdr-sketches" }, ...shown.map(({ figure }) => figure)),
      html("div", { class: "tdr-row" }, toggle, progress),
      state,
    ),
    /** Other words: what was drawn under them beforehand. @param {ArrayLike<number>[]} pictures */
    show(pictures) {
      end("");
      [before, count, progress.value] = [pictures.length, 0, 0];
      shown.forEach((place, i) => {
        if (pictures[i]) place.draw(pictures[i]);
        else place.clear();
        say(i, pictures[i] ? phrase("sketches.noise", { n: i + 1 }) : "");
      });
    },
    enable(/** @type {boolean} */ on) {
      toggle.disabled = !on;
      if (!on) end("");
    },
  };
}
