// Follow the arrow: from an image step by step to where predicted noise points, by the closed form and by the network.
import { slider } from "./controls.js";
import { button, html } from "./dom.js";
import { phrase } from "./messages.js";
import { still } from "./play.js";
import { raster } from "./raster.js";
import { follow, nearest, predictNoise } from "./theory.js";

const STEPS = 30;
const SHARE = 0.2; // of the way to the clean image, in each step
const LONGEST_TRAIL = phrase("trail.status", {
  step: STEPS,
  t: 999,
  words: [phrase("trail.closed"), phrase("trail.network")].map((name) =>
    phrase("trail.from", { name, distance: "00.00", member: "0000", why: "" })
  ).join("; "),
});
const WORDS = phrase("trail.words", { n: STEPS, share: 100 * SHARE });

/** @param {{training: number[][], size: number, ask: (image: Float32Array, t: number) => Promise<Float32Array>}} options */
export function trail({ training, size, ask }) {
  const kinds = { closed: phrase("trail.closed"), network: phrase("trail.network") };
  const rows = Object.entries(kinds).map(([kind, name]) => {
    const [here, member] = [
      raster(`${kind}-step`, phrase("trail.step", { name, step: 0 }), size),
      raster(`${kind}-nearest`, phrase("trail.its-nearest"), size),
    ];
    here.reserve(phrase("trail.step", { name, step: STEPS }));
    member.reserve(phrase("trail.member", { member: "000", distance: "00.00" }));
    return { kind, name, here, member, row: html("div", { class: "tdr-panels" }, here.figure, member.figure) };
  });
  /** @type {Record<string, Float32Array[]>} */
  let paths = {};
  /** @type {{image: Float32Array, t: number, alphaBar: number, network: boolean}} */
  let from = { image: new Float32Array(size ** 2), t: 0, alphaBar: 1, network: false };
  let serial = 0; // of the last run
  let broken = ""; // why the network gave no answer in it
  const said = html("p", { class: "tdr-status", role: "status", "data-part": "trail", "data-longest": LONGEST_TRAIL });

  function draw(/** @type {number} */ step) {
    const words = rows.map(({ kind, name, here, member, row }) => {
      row.hidden = kind === "network" && !from.network;
      if (row.hidden) return phrase("trail.load", { name });
      const path = paths[kind] ?? [from.image];
      const image = path[Math.min(step, path.length - 1)];
      const [at, distance] = nearest(image, training);
      here.draw(image);
      here.describe(phrase("trail.step", { name, step: Math.min(step, path.length - 1) }));
      member.draw(training[at]);
      member.describe(phrase("trail.member", { member: at, distance: distance.toFixed(2) }));
      const why = kind === "network" && broken ? phrase("trail.broken", { why: broken }) : "";
      return phrase("trail.from", { name, distance: distance.toFixed(2), member: at, why });
    });
    said.textContent = phrase("trail.status", { step, t: from.t, words: words.join("; ") });
  }

  const place = slider({ label: phrase("trail.label"), name: "step", min: 0, max: STEPS, value: 0, change: draw });
  place.input.disabled = true; // until there is a path
  const go = button(phrase("trail.follow"), async () => {
    const run = ++serial;
    const { image, t, alphaBar, network } = from;
    place.input.disabled = false;
    broken = "";
    const own = { closed: [image], ...(network && { network: [image] }) };
    paths = own; // until another run begins
    const fails = (/** @type {Error} */ error) => {
      if (run === serial) broken = error.message;
      return null;
    };
    for (let step = 1; step <= STEPS; step++) {
      for (const [kind, path] of Object.entries(own)) {
        const y = path[path.length - 1];
        if (kind === "network" && broken) continue; // the closed form goes on alone
        const noise = kind === "closed" ? predictNoise(y, training, alphaBar) : await ask(y, t).catch(fails);
        if (noise) path.push(Float32Array.from(follow(y, noise, alphaBar, SHARE)));
      }
      if (run !== serial) return;
      if (still() && step < STEPS) continue;
      place.move(step);
      draw(step);
      await new Promise((next) => setTimeout(next, still() ? 0 : 40));
    }
  });

  return {
    node: html(
      "div",
      { class: "tdr-trail" },
      html("p", { class: "tdr-key", text: WORDS }),
      html("div", { class: "tdr-row" }, go),
      place.row,
      said,
      html("div", { class: "tdr-panels" }, ...rows.map((r) => r.row)),
    ),
    /** @param {Float32Array} image @param {number} t @param {number} alphaBar @param {boolean} network - is it there? */
    start(image, t, alphaBar, network) {
      serial++;
      broken = "";
      paths = {};
      place.input.disabled = true;
      from = { image, t, alphaBar, network };
      place.move(0);
      draw(0);
    },
  };
}
