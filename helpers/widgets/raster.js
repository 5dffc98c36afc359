// A square picture that changes with every move of a slider, where one rectangle a pixel would cost too much time.
import { grey, html, set } from "./dom.js";

/**
 * @param {string} name @param {string} caption @param {number} size - pixels on a side
 * @param {(value: number) => string} colour - of a pixel
 */
export function raster(name, caption, size, colour = grey) {
  const attributes = { width: size, height: size, class: "tdr-raster", role: "img", "aria-label": caption };
  const canvas = html("canvas", { ...attributes, "data-picture": name });
  const context = canvas.getContext("2d");
  const words = html("figcaption", { text: caption });
  return {
    figure: html("figure", {}, canvas, words),
    /** Keep room for the longest caption. @param {string} longest */
    reserve(longest) {
      set(words, { "data-longest": longest });
    },
    /** @param {string} text */
    describe(text) {
      words.textContent = text;
      set(canvas, { "aria-label": text });
    },
    /** @param {ArrayLike<number>} values - size x size of them, which it keeps */
    draw(values) {
      for (let i = 0; i < values.length; i++) {
        context.fillStyle = colour(values[i]);
        context.fillRect(i % size, Math.floor(i / size), 1, 1);
      }
      canvas.dataset.values = Array.from(values).join(",");
    },
  };
}
