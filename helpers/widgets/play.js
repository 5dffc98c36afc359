// A button that moves a slider by itself, to its end.
import { html } from "./dom.js";
import { phrase } from "./messages.js";

const WHOLE = 6000; // milliseconds for the whole slider
const SLOWEST = 500; // and for one of its positions
const FASTEST = 60;

/** Does the reader ask for less motion? */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Where a slider stands one beat later, and how long that beat is: it plays from end to end in six seconds, or slower where it
 * has few positions.
 * @param {{min: number, max: number, step: number, value: number}} slider
 */
export function nextBeat({ min, max, step, value }) {
  const positions = Math.round((max - min) / step);
  const pause = Math.min(SLOWEST, Math.max(FASTEST, WHOLE / positions));
  const stride = Math.max(1, Math.round((positions * pause) / WHOLE));
  return { to: Math.min(max, value + stride * step), pause };
}

/**
 * A button beside a slider: plays it from where it stands, or from the start once it is at its end, and pauses it. Whoever asked
 * for less motion gets one beat a press.
 * @param {any} input - the range input
 */
export function player(input) {
  /** @type {number | null} */
  let beat = null; // the timer
  const where = () => ({
    min: Number(input.min),
    max: Number(input.max),
    step: Number(input.step) || 1,
    value: Number(input.value),
  });
  const quiet = (/** @type {string} */ live) =>
    node.closest?.(".tdr")?.querySelectorAll("[role=status]").forEach((said) => said.setAttribute("aria-live", live));

  function move(/** @type {number} */ to) {
    input.value = to;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function stop() {
    if (beat !== null) clearTimeout(beat);
    beat = null;
    quiet("polite");
    label();
  }
  function label() {
    node.textContent = beat !== null ? phrase("play.pause") : still() ? phrase("play.next") : phrase("play.play");
  }
  function go() {
    const { to, pause } = nextBeat(where());
    move(to);
    if (to >= where().max || !node.isConnected) return stop();
    beat = setTimeout(go, pause);
  }
  const node = html("button", {
    type: "button",
    class: "tdr-button tdr-play",
    "data-play": input.dataset.control ?? "",
    onclick: () => {
      if (beat !== null) return stop();
      const { min, max, value } = where();
      if (value >= max) move(min);
      else if (still()) move(nextBeat(where()).to);
      if (still()) return;
      quiet("off"); // a reader is not told of each beat
      beat = setTimeout(go, nextBeat(where()).pause);
      label();
    },
  });
  input.addEventListener("pointerdown", stop);
  input.addEventListener("keydown", stop);
  label();
  return { node, stop };
}
