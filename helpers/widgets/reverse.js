// One image on its way from noise to digit: what the denoiser gets, what it predicts, and the clean image that this means.
import { MEMBER } from "./charts.js";
import { radios, select, slider } from "./controls.js";
import { diverging, html, set } from "./dom.js";
import { phrase } from "./messages.js";
import { raster } from "./raster.js";
import { panel } from "./settings.js";
import { bytesOf, chunk, fromLevels, traits } from "./traits.js";

const COLUMNS = 9; // of the strip
const FRESH = [["0", phrase("reverse.ddim")], ["1", phrase("reverse.ddpm")]]; // by η
const COPY = 0.1; // a share of the usual distance below which an image counts as a copy

/** Which of so many frames the strip shows: evenly spread, the first and the last among them. @param {number} frames */
export function stripOf(frames) {
  const columns = Math.min(COLUMNS, frames);
  return Array.from({ length: columns }, (_, c) => Math.round((c * (frames - 1)) / (columns - 1)));
}

/** Where the frames of a path begin: those of all paths lie one after the other. @param {number[]} frames - by number of steps @param {number} seeds */
export function placeOf(frames, seeds, { denoiser, eta, steps, seed }) {
  const all = frames.reduce((sum, n) => sum + n, 0) * seeds;
  const before = frames.slice(0, steps).reduce((sum, n) => sum + n, 0) * seeds;
  return (2 * denoiser + eta) * all + before + seed * frames[steps];
}

/** x_t of what was predicted in it. @param {number[]} noise @param {number[]} clean @param {number} alphaBar */
export const noisyImage = (noise, clean, alphaBar) =>
  clean.map((c, k) => Math.sqrt(alphaBar) * c + Math.sqrt(1 - alphaBar) * noise[k]);

/** The verdict on a finished image. @param {number} distance @param {number} typical */
export function saysOfImage(distance, typical) {
  const away = phrase("reverse.away", { distance: distance.toFixed(2) });
  if (distance < COPY * typical) return phrase("reverse.copy", { away });
  const usual = phrase("reverse.usual", { distance: typical.toFixed(2) });
  return distance < typical / 2 ? phrase("reverse.close", { away, usual }) : `${away}; ${usual}.`;
}

/** x_t above x̂₀, for a few frames of a path. @param {number} size */
function strip(size) {
  const shown = Array.from({ length: COLUMNS }, () => {
    const canvas = html("canvas", { width: size, height: 2 * size + 1, class: "tdr-raster", role: "img" });
    const words = html("figcaption");
    return { canvas, words, node: html("figure", {}, canvas, words) };
  });
  let frames = [];
  return {
    node: html("div", { class: "tdr-strip" }, ...shown.map((s) => s.node)),
    /** @param {{x: number[], clean: number[], name: string}[]} path @param {number[]} at - the frames that these are */
    draw(path, at) {
      frames = at;
      shown.forEach(({ canvas, words, node }, c) => {
        node.hidden = c >= path.length;
        if (node.hidden) return;
        const context = canvas.getContext("2d");
        [path[c].x, path[c].clean].forEach((values, row) =>
          values.forEach((value, k) => {
            const level = Math.round(255 * Math.min(1, Math.max(0, (value + 1) / 2)));
            context.fillStyle = `rgb(${level},${level},${level})`;
            context.fillRect(k % size, Math.floor(k / size) + row * (size + 1), 1, 1);
          })
        );
        words.textContent = path[c].name === "image" ? phrase("reverse.image") : path[c].name;
        set(canvas, {
          "aria-label": phrase("reverse.frame", {
            name: path[c].name === "image" ? phrase("reverse.end") : `t = ${path[c].name}`,
          }),
        });
      });
    },
    mark(/** @type {number} */ frame) {
      const current = frames.findLastIndex((f) => f <= frame);
      shown.forEach(({ node }, c) => node.style.setProperty("outline-color", c === current ? MEMBER : "transparent"));
    },
  };
}

function render({ model, el }) {
  const [names, steps, shown, timesteps, alphaBars, seeds, size, noiseLimit, cleanLimit, neighbourNames, typical] =
    traits(
      model,
      "denoisers",
      "steps",
      "shown",
      "timesteps",
      "alphas_cumprod",
      "seeds",
      "size",
      "noise_limit",
      "clean_limit",
      "neighbour_names",
      "typical",
    );
  const [noises, cleans, neighbours] = ["noise", "clean", "neighbours"].map((name) =>
    new Uint8Array(bytesOf(model, name))
  );
  const nearest = new Uint16Array(bytesOf(model, "nearest"));
  const distances = new Float32Array(bytesOf(model, "distances"));
  const frames = shown.map((/** @type {number[]} */ line) => line.length);
  const chosen = { denoiser: 0, eta: 0, steps: Math.min(1, steps.length - 1), seed: 0 };
  let at = 0; // the frame

  const pictures = {
    x: raster("x", phrase("reverse.noisy"), size),
    noise: raster(
      "noise",
      phrase("reverse.noise"),
      size,
      (v) => diverging(v, 2),
    ),
    clean: raster("clean", phrase("reverse.clean"), size),
    nearest: raster("nearest", "", size),
  };
  const path = strip(size);
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": phrase("reverse.finished", { steps: 100, says: saysOfImage(0.49 * typical, typical) }),
  });

  const frame = (/** @type {number} */ k) => {
    const place = placeOf(frames, seeds.length, chosen) + k;
    const part = (levels, limit) => fromLevels(chunk(levels, place, size ** 2)).map((v) => limit * v);
    const [noise, clean] = [part(noises, noiseLimit), part(cleans, cleanLimit)];
    const alphaBar = alphaBars[chosen.steps][k];
    return { place, noise, clean, x: noisyImage(noise, clean, alphaBar), alphaBar };
  };
  const last = () => frames[chosen.steps] - 1;
  const nameOf = (/** @type {number} */ k) => k === last() ? "image" : String(timesteps[chosen.steps][k]);
  const placed = (/** @type {number} */ k) => k === last() ? phrase("reverse.image") : `t = ${nameOf(k)}`;

  function drawPath() {
    const columns = stripOf(frames[chosen.steps]);
    path.draw(columns.map((k) => ({ ...frame(k), name: nameOf(k) })), columns);
    draw();
  }

  function draw() {
    const { place, noise, clean, x } = frame(at);
    const done = at === last();
    pictures.x.draw(x);
    pictures.x.describe(
      done ? phrase("reverse.finished-image") : phrase("reverse.noisy-at", { t: timesteps[chosen.steps][at] }),
    );
    pictures.noise.draw(noise);
    pictures.clean.draw(clean);
    const [near, distance] = [nearest[place], distances[place]];
    pictures.nearest.draw(fromLevels(chunk(neighbours, near, size ** 2)));
    const what = neighbourNames[near] ? `, ${neighbourNames[near]}` : "";
    pictures.nearest.describe(phrase("reverse.nearest", { what, distance: distance.toFixed(2) }));
    path.mark(at);
    const taken = shown[chosen.steps][at];
    status.textContent = done
      ? phrase("reverse.finished", { steps: taken, says: saysOfImage(distance, typical) })
      : phrase("reverse.status", {
        taken,
        steps: steps[chosen.steps],
        t: timesteps[chosen.steps][at],
        distance: distance.toFixed(2),
      });
    set(status, { "data-distance": distance });
  }

  const step = slider({
    label: phrase("reverse.step"),
    name: "step",
    min: 0,
    max: last(),
    value: at,
    key: "t",
    describe: placed,
    change: (value) => {
      at = value;
      draw();
    },
    play: true,
  });
  function choose(/** @type {Partial<typeof chosen>} */ change) {
    const share = at / last();
    Object.assign(chosen, change);
    at = Math.round(share * last());
    step.resize(last());
    step.move(at);
    drawPath();
  }
  const denoiser = radios({
    label: phrase("reverse.denoiser"),
    name: "denoiser",
    options: names.map((/** @type {string} */ name) => [name, name]),
    value: names[chosen.denoiser],
    change: (name) => choose({ denoiser: names.indexOf(name) }),
  });
  const fresh = radios({
    label: phrase("reverse.fresh"),
    name: "eta",
    options: FRESH,
    value: "0",
    change: (eta) => choose({ eta: Number(eta) }),
  });
  const count = radios({
    label: phrase("reverse.steps"),
    name: "steps",
    options: steps.map((/** @type {number} */ n) => [String(n), String(n)]),
    value: String(steps[chosen.steps]),
    change: (n) => choose({ steps: steps.indexOf(Number(n)) }),
  });
  const seed = select({
    label: phrase("reverse.start"),
    name: "seed",
    options: seeds.map((/** @type {number} */ s) => phrase("reverse.seed", { seed: s })),
    value: chosen.seed,
    change: (i) => choose({ seed: i }),
  });
  const place = {
    ...step,
    read: () => nameOf(at),
    write(/** @type {string} */ text) {
      const to = Array.from({ length: last() + 1 }, (_, k) => nameOf(k)).indexOf(text);
      return to >= 0 && step.write(String(to));
    },
  };
  drawPath();
  return panel(
    el,
    "reverse",
    [denoiser, fresh, count, seed, place],
    denoiser.row,
    fresh.row,
    count.row,
    seed.row,
    step.row,
    status,
    html("div", { class: "tdr-panels tdr-pictures" }, ...Object.values(pictures).map((p) => p.figure)),
    html("p", {
      class: "tdr-key",
      text: phrase("reverse.path"),
    }),
    path.node,
  );
}

export default { render };
