// A predicted noise: its channels as small maps, and its norm among those of members and held-out images.
import { histogram } from "./charts.js";
import { diverging, html, set } from "./dom.js";
import { phrase } from "./messages.js";
import { raster } from "./raster.js";
import { normOf, rankOf } from "./statistics.js";

const HALF_ROUNDED = 5e-4; // known norms and predictions are
const STRONGEST_NOISE = 2; // what has a colour of its own

/** @param {{channels: number, side: number, p: number, longest: string}} options - of the noise; norm order; the longest verdict */
export function predicted({ channels, side, p, longest }) {
  const colour = (/** @type {number} */ v) => diverging(v, STRONGEST_NOISE);
  const maps = Array.from(
    { length: channels },
    (_, c) => raster(`noise-${c}`, phrase("predicted.channel", { c: c + 1 }), side, colour),
  );
  const bars = histogram({ line: phrase("predicted.chosen"), axis: phrase("common.norm-p", { p }) });
  set(bars.words, { "data-part": "among", "data-longest": phrase("prompt.among", { what: phrase("prompt.other") }) });
  const verdict = html("p", {
    class: "tdr-status",
    role: "status",
    "data-part": "verdict",
    "data-longest": longest,
  });
  return {
    verdict,
    maps: html("div", { class: "tdr-maps" }, ...maps.map((map) => map.figure)),
    bars: bars.figure,
    /**
     * @param {Float32Array | Float64Array | null} noise - nothing where it is not known
     * @param {{members: number[], heldOut: number[], range: number[], among: string}} known - norms, the ends of their axis, what
     *   these images were told
     * @param {(norm: string, shares: string) => string} say
     */
    show(noise, { members, heldOut, range: [low, high], among }, say) {
      maps.forEach((map, c) =>
        map.draw(noise?.slice(c * side ** 2, (c + 1) * side ** 2) ?? new Float32Array(side ** 2))
      );
      const norm = noise ? normOf(noise, p) : NaN;
      bars.draw(members, heldOut, low, high, Math.min(Math.max(norm, low), high));
      bars.words.textContent = among;
      const share = (values) =>
        phrase("predicted.share", {
          percent: (100 * rankOf(values, norm + HALF_ROUNDED)).toFixed(1),
          n: values.length,
        });
      verdict.textContent = say(
        norm.toFixed(3),
        phrase("predicted.shares", { members: share(members), held_out: share(heldOut) }),
      );
      verdict.dataset.norm = String(norm);
    },
  };
}
