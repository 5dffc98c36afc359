// What a predicted noise says: its norm among those of members and held-out images, a verdict, and the whole curve.
import { histogram } from "./charts.js";
import { curve } from "./curve.js";
import { stops, timestepSlider } from "./controls.js";
import { html } from "./dom.js";
import { phrase } from "./messages.js";
import { normOf, rankOf, thresholdAt } from "./statistics.js";

const ROUNDED = 2e-4; // known norms and predictions are
const RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const UNLIKE = ` ${phrase("reading.unlike")}`;
const LONGEST = phrase("reading.verdict", {
  norm: "00.000",
  t: 999,
  n: 1000,
  share: "100.0",
  rate: 10,
  called: phrase("reading.not-called"),
  beyond: UNLIKE,
});

/** @typedef {{members: Float64Array, heldOut: Float64Array}} Norms */

/**
 * @param {{timesteps: number[], p: number, at: number, move: () => void}} options - stops, norm order, where to start, what to do
 *   when another is chosen
 */
export function reading({ timesteps, p, at, move }) {
  /** @type {Norms[]} */
  let norms = [];
  let rate = 0; // of RATES
  /** @type {ArrayLike<number> | null} */
  let noise = null; // predicted at the timestep
  /** @type {number[] | null} */
  let values = null; // the norm at each timestep

  const bars = histogram({
    line: phrase("reading.line"),
    dotted: phrase("reading.threshold"),
    axis: phrase("common.norm-p", { p }),
  });
  const lines = curve(timesteps);
  const verdict = html("p", { class: "tdr-status", role: "status", "data-part": "verdict", "data-longest": LONGEST });
  const timestep = timestepSlider({
    name: "draw-timestep",
    timesteps,
    at,
    change: (i) => {
      at = i;
      move();
    },
  });
  const allowed = stops({
    label: phrase("reading.rate"),
    name: "rate",
    values: RATES,
    at: rate,
    describe: (value) => `${100 * value} %`,
    change: (i) => {
      rate = i;
      if (noise) show(noise);
    },
  });

  function show(/** @type {ArrayLike<number>} */ predicted) {
    noise = predicted;
    const { members, heldOut } = norms[at];
    const norm = normOf(predicted, p);
    const high = Math.max(...members, ...heldOut);
    const threshold = thresholdAt(heldOut, RATES[rate]);
    bars.draw(Array.from(members), Array.from(heldOut), 0, high, Math.min(norm, high), threshold);
    const share = (100 * rankOf(heldOut, norm + ROUNDED)).toFixed(1);
    const called = norm <= threshold + ROUNDED ? phrase("reading.called") : phrase("reading.not-called");
    const beyond = norm > high ? UNLIKE : "";
    verdict.textContent = phrase("reading.verdict", {
      norm: norm.toFixed(3),
      t: timesteps[at],
      n: heldOut.length,
      share,
      rate: 100 * RATES[rate],
      called,
      beyond,
    });
    verdict.dataset.norm = String(norm);
    if (values) lines.draw(values, at);
  }

  return {
    controls: [timestep, allowed],
    verdict,
    charts: html("div", { class: "tdr-panels" }, bars.figure, lines.figure),
    at: () => at,
    /** The prediction at the chosen timestep. */
    show,
    /** Predictions at each timestep; where one is still missing, the curve runs straight. @param {ArrayLike<number>[]} predicted */
    sweep(predicted) {
      const known = timesteps.map((_, i) => (predicted[i] ? normOf(predicted[i], p) : null));
      values = known.map((norm, i) => norm ?? (known[i - 1] + known[i + 1]) / 2);
      lines.draw(values, at);
    },
    /** The drawing is another now. */
    forget: () => (values = null),
    /** Compare with what another network predicts at known images. @param {Norms[]} known - at each timestep */
    among(known) {
      norms = known;
      lines.among(known);
      values = null;
    },
  };
}
