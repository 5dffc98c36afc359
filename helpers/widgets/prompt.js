// A picture, what a model is told about it, the noise that it predicts then, and what it draws under the same words.
import { radios, timestepSlider } from "./controls.js";
import { groupOf, html, longestOf, set } from "./dom.js";
import { integers } from "./engine.js";
import { latest } from "./latest.js";
import { loader } from "./loader.js";
import { phrase } from "./messages.js";
import { predicted } from "./predicted.js";
import { panel } from "./settings.js";
import { gaussian, photo, sketches } from "./sketches.js";
import { bytesOf, chunk, rowsFrom, traits } from "./traits.js";
import { lexicon } from "./vocabulary.js";
import { pictureRadios, wordField } from "./wording.js";

const KINDS = [ // of what is told
  ["right", phrase("prompt.right")],
  ["none", phrase("prompt.nothing")],
  ["other", phrase("prompt.other")],
];
const APART = 1e-3; // as far as two machines may be
const PLACES_TO_DRAW = 4;
const NOT_COMPUTED = phrase("prompt.not-computed");

/** The precomputed part. @param {any} model */
function computed(model) {
  const [timesteps, size, nMembers] = traits(model, "timesteps", "size", "n_members");
  const rows = (/** @type {string} */ name) => rowsFrom(model, name, model.get(`${name}_scales`));
  const [noises, norms] = [rows("noises"), rows("known_norms")];
  const [images, drawn] = ["images", "drawn"].map((name) => new Uint8Array(bytesOf(model, name)));
  const starts = rows("starts");
  return {
    latents: rows("latents"),
    starts,
    levels: (/** @type {number} */ i) => chunk(images, i, 3 * size ** 2),
    noise: (picture, kind, at) => noises[(picture * KINDS.length + kind) * timesteps.length + at],
    drawn: (caption) => starts.map((_, k) => chunk(drawn, caption * starts.length + k, 3 * size ** 2)),
    /** Norms of all images that were told this, on the axis of all that is told at the timestep. */
    norms(kind, at) {
      const all = KINDS.flatMap((_, k) => Array.from(norms[k * timesteps.length + at]));
      const row = Array.from(norms[kind * timesteps.length + at]);
      const range = [Math.min(...all), Math.max(...all)];
      const among = phrase("prompt.among", { what: KINDS[kind][1] });
      return { members: row.slice(0, nMembers), heldOut: row.slice(nMembers), range, among };
    },
  };
}

function render({ model, el }) {
  const [timesteps, steps, p, size, [channels, side], network, captions, pictures, frame] = traits(
    model,
    "timesteps",
    "steps",
    "p",
    "size",
    "latent_shape",
    "network",
    "captions",
    "pictures",
    "frame",
  );
  const known = computed(model);
  const words = lexicon(model.get("words"), model.get("ids"), frame);
  let [picture, told, at] = [0, "right", model.get("start")];
  /** @type {{text: string, tokens?: number[], problem?: string}} */
  let own = { text: "", ...words.read("") };

  const names = pictures.map(({ member, right }) => `${groupOf(member)}: ${captions[right]}`);
  const mine = () => told === "own";
  const kind = () => KINDS.findIndex(([name]) => name === told);
  const caption = () => (mine() ? own.text : captions[pictures[picture][told]]);
  const tokens = () => (mine() ? own : words.read(caption())).tokens ?? words.nothing;
  const quoted = () => (told === "none" ? phrase("prompt.nothing") : phrase("prompt.quoted", { text: caption() }));

  const seen = photo("picture", size);
  const what = html("figcaption", { "data-longest": longestOf(names) });
  const share = phrase("predicted.share", { percent: "100.0", n: "000" });
  const answer = predicted({
    channels,
    side,
    p,
    longest: phrase("prompt.verdict", {
      what: phrase("prompt.quoted", { text: longestOf(captions) }),
      t: 999,
      norm: "00.000",
      shares: phrase("predicted.shares", { members: share, held_out: share }),
      beside: phrase("prompt.their-own"),
    }),
  });
  const heading = html("p", {
    class: "tdr-status",
    "data-part": "heading",
    "data-longest": phrase("prompt.draws", { what: phrase("prompt.quoted", { text: longestOf(captions) }) }),
  });
  const checked = html("p", {
    class: "tdr-key",
    role: "status",
    "data-part": "checked",
    "data-longest": phrase("prompt.checked", { gap: "0.00000" }),
  });
  /** @param {ArrayLike<number>} z @param {number} timestep @param {number[]} ids @returns {import("./engine.js").Question} */
  const question = (z, timestep, ids) => ({
    tokens: integers(ids, [1, ids.length]),
    latent: ["float32", Float32Array.from(z), [1, channels, side, side]],
    timestep: integers([timestep]),
  });
  const load = loader({
    model,
    networks: [network],
    bytes: model.get("download"),
    probe: () => question(known.latents[0], timesteps[at], words.nothing),
    change: able,
    purpose: phrase("prompt.purpose"),
    given: phrase("prompt.given"),
  });
  const ask = (z, timestep) => load.ask(network, question(z, timestep, tokens()));
  const drawings = sketches({
    size,
    places: PLACES_TO_DRAW,
    steps,
    start: (n) => Float32Array.from(known.starts[n - 1] ?? gaussian(n, channels * side ** 2)),
    ask,
    failed: load.failed,
  });

  /** Why nothing is known of the reader's own words, or nothing. */
  const hindrance = () => (!mine() ? "" : own.problem ?? (load.running() ? "" : NOT_COMPUTED));
  function show(/** @type {Float32Array | Float64Array | null} */ noise) {
    const beside = mine() ? phrase("prompt.their-own") : "";
    answer.show(
      noise,
      known.norms(mine() ? 0 : kind(), at),
      (norm, shares) =>
        hindrance() ||
        phrase("prompt.verdict", { what: quoted(), t: timesteps[at], norm, shares, beside }),
    );
  }
  const setting = () => [picture, told, at, own.text].join();
  const query = latest(async () => {
    if (hindrance()) return show(null);
    if (!load.running()) return show(known.noise(picture, kind(), at));
    const before = setting();
    const { noise } = await ask(known.latents[picture], timesteps[at]);
    if (setting() === before) show(noise); // otherwise it is asked again
  });
  const update = () => void query().catch(load.failed);

  /** Another picture, or other words. */
  function tell() {
    seen.draw(known.levels(picture));
    set(seen.canvas, { "aria-label": phrase("prompt.picture", { name: names[picture] }) });
    what.textContent = names[picture];
    heading.textContent = hindrance() ? "" : phrase("prompt.draws", { what: quoted() });
    drawings.show(mine() ? [] : known.drawn(pictures[picture][told]));
    drawings.enable(load.running() && !hindrance());
    update();
  }
  /** What stands in the field, if the model knows it. */
  function enter() {
    const read = words.read(field.text());
    field.said.textContent = read.problem ?? (load.running() ? "" : NOT_COMPUTED);
    if (read.problem && !mine()) return;
    [own, told] = [{ text: field.text(), ...read }, "own"];
    choice.move(told);
    tell();
  }
  async function able(/** @type {boolean} */ on) {
    checked.textContent = field.said.textContent = "";
    tell();
    if (!on) return;
    if (document.activeElement === document.body) field.focus(); // the button is gone
    if (mine()) return;
    const expected = known.noise(picture, kind(), at);
    try {
      const { noise } = await ask(known.latents[picture], timesteps[at]);
      const gap = Math.max(...expected.map((v, i) => Math.abs(v - noise[i])));
      checked.textContent = gap < APART
        ? phrase("prompt.checked", { gap: gap.toFixed(5) })
        : phrase("prompt.differs", { gap: gap.toFixed(5) });
    } catch (error) {
      load.failed(/** @type {Error} */ (error));
    }
  }

  const choose = pictureRadios({
    names,
    members: pictures.map(({ member }) => member),
    levels: known.levels,
    size,
    change: (i) => {
      picture = i;
      tell();
    },
  });
  const field = wordField({ completions: words.completions, enter });
  const choice = radios({
    label: phrase("prompt.told"),
    name: "told",
    options: [...KINDS, ["own", phrase("prompt.own")]],
    value: told,
    change: (name) => {
      told = name;
      field.said.textContent = "";
      if (mine()) enter();
      else tell();
    },
  });
  const timestep = timestepSlider({
    timesteps,
    at,
    change: (i) => {
      at = i;
      update();
    },
  });
  tell();
  const forget = panel(
    el,
    "prompt",
    [choose, field, choice, timestep],
    ...load.nodes,
    checked,
    choose.row,
    choice.row,
    field.row,
    field.said,
    timestep.row,
    answer.verdict,
    html(
      "div",
      { class: "tdr-panels" },
      html("figure", { class: "tdr-seen" }, seen.canvas, what),
      html(
        "figure",
        { class: "tdr-seen" },
        answer.maps,
        html("figcaption", { text: phrase("prompt.noise") }),
      ),
      answer.bars,
    ),
    heading,
    drawings.node,
  );
  return () => {
    forget();
    load.close();
  };
}

export default { render };
