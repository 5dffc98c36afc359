// Follow the arrow: from an image step by step to where predicted noise points, by the closed form and by the network.
import { slider } from "./controls.js";
import { button, html } from "./dom.js";
import { still } from "./play.js";
import { raster } from "./raster.js";
import { follow, nearest, predictNoise } from "./theory.js";

const STEPS = 30;
const SHARE = 0.2; // of the way to the clean image, in each step
const LONGEST_TRAIL =
  `Step ${STEPS} at t = 999. closed form: 00.00 from member 0000; trained network: 00.00 from member 0000.`;
const WORDS =
  `Each of ${STEPS} steps goes ${100 * SHARE} % of the way to what is left when the predicted noise is taken away. ` +
  "The closed form knows all members. Distances are Euclidean, in pixels from −1 to 1.";

/** @param {{training: number[][], size: number, ask: (image: Float32Array, t: number) => Promise<Float32Array>}} options */
export function trail({ training, size, ask }) {
  const kinds = { closed: "closed form", network: "trained network" };
  const rows = Object.entries(kinds).map(([kind, name]) => {
    const [here, member] = [
      raster(`${kind}-step`, `${name}, step 0`, size),
      raster(`${kind}-nearest`, "its nearest member", size),
    ];
    here.reserve(`${name}, step ${STEPS}`);
    member.reserve("member 000, 00.00 away");
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
      if (row.hidden) return `${name}: load it above`;
      const path = paths[kind] ?? [from.image];
      const image = path[Math.min(step, path.length - 1)];
      const [at, distance] = nearest(image, training);
      here.draw(image);
      here.describe(`${name}, step ${Math.min(step, path.length - 1)}`);
      member.draw(training[at]);
      member.describe(`member ${at}, ${distance.toFixed(2)} away`);
      const why = kind === "network" && broken ? `, where it stopped: ${broken}` : "";
      return `${name}: ${distance.toFixed(2)} from member ${at}${why}`;
    });
    said.textContent = `Step ${step} at t = ${from.t}. ${words.join("; ")}.`;
  }

  const place = slider({ label: "Step", name: "step", min: 0, max: STEPS, value: 0, change: draw });
  place.input.disabled = true; // until there is a path
  const go = button("Follow the arrow", async () => {
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
