// A drawing, and what trained networks say of it. Examples were computed with the page; the rest needs the networks.
import { select, stops } from "./controls.js";
import { diverging, html, longestOf, minus, named } from "./dom.js";
import { imageOf, SIDE, tiled } from "./drawing.js";
import { atTimesteps } from "./engine.js";
import { latest } from "./latest.js";
import { loader } from "./loader.js";
import { phrase } from "./messages.js";
import { pad } from "./pad.js";
import { raster } from "./raster.js";
import { reading } from "./reading.js";
import { panel } from "./settings.js";
import { trail } from "./trail.js";
import { bytesOf, chunk, fromLevels, rowsFrom, traits } from "./traits.js";

/** Of `examples_of` in draw.py, in its order. */
const EXAMPLES = [
  phrase("draw.member"),
  phrase("draw.held-out"),
  phrase("draw.noisy"),
  phrase("draw.moved"),
  phrase("draw.inverted"),
];

/** The precomputed part, of one network after the other. @param {any} model */
function known(model) {
  const [timesteps, networks, nMembers] = traits(model, "timesteps", "networks", "n_members");
  const rows = (trait) => rowsFrom(model, trait, model.get(`${trait}_scales`));
  const [norms, noises, latents] = [rows("known_norms"), rows("noises"), rows("latents")];
  const count = timesteps.length;
  return networks.map((network, k) => ({
    network,
    norms: norms.slice(count * k, count * (k + 1)).map((row) => ({
      members: row.subarray(0, nMembers),
      heldOut: row.subarray(nMembers),
    })),
    examples: EXAMPLES.map((_, e) => ({
      noise: noises.slice(count * (EXAMPLES.length * k + e), count * (EXAMPLES.length * k + e + 1)),
      latent: latents[EXAMPLES.length * k + e],
    })),
  }));
}

/** Places in a list, every other one with both ends, then the rest: half the answers already make a curve. */
function halves(/** @type {number} */ length) {
  const all = Array.from({ length }, (_, i) => i);
  const first = (/** @type {number} */ i) => i % 2 === 0 || i === length - 1;
  return [all.filter(first), all.filter((i) => !first(i))];
}

function render({ model, el }) {
  const [timesteps, alphasCumprod, size, white, levels, channels, label, p, shows] = traits(
    model,
    "timesteps",
    "alphas_cumprod",
    "size",
    "white",
    "levels",
    "channels",
    "label",
    "p",
    "shows",
  );
  const bitmaps = new Uint8Array(bytesOf(model, "bitmaps"));
  const bitmap = (i) => chunk(bitmaps, i, SIDE ** 2);
  const networks = known(model);
  const pixels = new Uint16Array(bytesOf(model, "training"));
  const training = Array.from(
    { length: pixels.length / size ** 2 },
    (_, i) => fromLevels(chunk(pixels, i, size ** 2), levels),
  );
  let [chosen, example] = [0, 0]; // of the networks; of the examples, or -1 for a drawing

  const side = Math.sqrt(networks[0].examples[0].noise[0].length); // of the predicted noise as one picture
  const paper = pad({ white, size, change: () => changed() });
  const behind = channels > 1; // an encoder
  const sees = behind ? phrase("draw.encoder-sees", { size }) : phrase("draw.network-sees", { size });
  const seen = raster("seen", sees, size);
  seen.reserve(named(sees, phrase("draw.shows", { name: longestOf(EXAMPLES), what: "0000000000" })));
  const latent = raster("latent", phrase("draw.latent", { n: channels }), side, (v) => diverging(v, 2));
  const strongest = behind ? 1 : 1.5; // predicted noise that has a colour of its own
  const words = phrase("draw.noise", { low: -strongest, high: strongest });
  const noise = raster("predicted", minus(words), side, (v) => diverging(v, strongest));
  const read = reading({ timesteps, p, at: model.get("start"), move: () => moved() });
  const image = () => imageOf(paper.drawing.bitmap, white, size);
  const load = loader({
    model,
    networks: networks.map((k) => k.network),
    bytes: model.get("download"),
    probe: (network) => atTimesteps(imageOf(bitmap(0), white, size), [timesteps[model.get("start")]], network.size),
    change: able,
  });
  const asked = (network, of, at) => load.ask(network, atTimesteps(of, at, network.size));
  const ask = (of, at) => asked(networks[chosen].network, of, at);
  const path = training.length ? trail({ training, size, ask: async (of, t) => (await ask(of, [t])).noise }) : null;

  const query = latest(async () => {
    const here = example >= 0 && networks[chosen].examples[example];
    const answer = here ? { ...here, noise: here.noise[read.at()] } : await ask(image(), [timesteps[read.at()]]);
    noise.draw(tiled(answer.noise, channels));
    if (behind) latent.draw(tiled(answer.latent, channels));
    read.show(answer.noise);
  });
  const measure = latest(async () => {
    if (example >= 0) return read.sweep(networks[chosen].examples[example].noise);
    const [now, network, found] = [image(), networks[chosen].network, []];
    for (const half of halves(timesteps.length)) {
      const { noise } = await asked(network, now, half.map((i) => timesteps[i]));
      half.forEach((i, k) => (found[i] = chunk(noise, k, noise.length / half.length)));
      read.sweep(found);
    }
  });

  function moved() {
    query().catch(load.failed); // first, since the network answers while the rest is drawn
    path?.start(image(), timesteps[read.at()], alphasCumprod[read.at()], load.running());
  }
  function update() {
    read.forget(); // the drawing as it was
    seen.draw(image());
    const [name, what] = [EXAMPLES[example], shows[example]];
    seen.describe(named(sees, name && what ? phrase("draw.shows", { name, what }) : name));
    moved();
    measure().catch(load.failed);
  }
  let own = new Uint8Array(SIDE ** 2); // the last drawing that is no example
  function changed() {
    const now = paper.drawing.bitmap;
    example = EXAMPLES.findIndex((_, i) => bitmap(i).every((v, k) => v === now[k]));
    if (example < 0) own = now.slice();
    from.move(example < 0 ? EXAMPLES.length : example);
    if (example >= 0 || load.running()) update();
  }
  const start = (/** @type {number} */ i) => paper.load(i < EXAMPLES.length ? bitmap(i) : own);
  function able(/** @type {boolean} */ on) {
    paper.enable(on);
    from.enable(EXAMPLES.length, on);
    if (on && document.activeElement === document.body) paper.canvas.focus({ preventScroll: true }); // the button is gone
    if (!on && example < 0) start(0);
    else update();
  }
  function choose(/** @type {number} */ k) {
    chosen = k;
    read.among(networks[k].norms);
  }

  const from = select({
    label: phrase("draw.from"),
    name: "example",
    options: [...EXAMPLES, phrase("draw.own")],
    value: 0,
    change: start,
  });
  const beta = stops({
    label,
    name: "network",
    values: networks,
    at: 0,
    describe: ({ network }) => network.label,
    spell: ({ network }) => network.label,
    change: (k) => {
      choose(k);
      update();
    },
  });
  paper.enable(false);
  from.enable(EXAMPLES.length, false);
  choose(0);
  start(0);
  const several = networks.length > 1;
  const forget = panel(
    el,
    "draw",
    [from, ...(several ? [beta] : []), ...read.controls],
    from.row,
    ...load.nodes,
    html(
      "div",
      { class: "tdr-board" },
      html("div", { class: "tdr-paper" }, paper.canvas),
      html("div", { class: "tdr-views" }, ...[seen, ...(behind ? [latent] : []), noise].map((view) => view.figure)),
      read.verdict,
      paper.tools,
    ),
    ...(several ? [beta.row] : []),
    ...read.controls.map((control) => control.row),
    read.charts,
    ...(path ? [path.node] : []),
  );
  return () => {
    forget();
    load.close();
  };
}

export default { render };
