// A drawing, and what the trained network says of it. Examples were computed with the page; the rest needs the network.
import { histogram } from "./charts.js";
import { curve } from "./curve.js";
import { button, bytesOf, diverging, html, picture, rowsFrom, select, slider } from "./dom.js";
import { imageOf, levelsOf, rowsOf, SMALL } from "./drawing.js";
import { Engine, sourceOf } from "./engine.js";
import { pad } from "./pad.js";
import { normOf, rankOf, thresholdAt } from "./statistics.js";
import { trail } from "./trail.js";

const P = 4;
const N = SMALL ** 2;
const ROUNDED = 1e-4; // known norms are
const RATES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

/** What is asked while an earlier answer is awaited waits, and is forgotten when something newer comes. */
function latest(ask) {
  let [busy, next] = [false, null];
  return async function again(...what) {
    if (busy) return void (next = what);
    busy = true;
    try {
      await ask(...what);
    } finally {
      busy = false;
    }
    if (next) {
      const waiting = next;
      next = null;
      await again(...waiting);
    }
  };
}

function render({ model, el }) {
  const [timesteps, alphasCumprod, examples, network] = ["timesteps", "alphas_cumprod", "examples", "network"].map((
    n,
  ) => model.get(n));
  const noises = new Float32Array(bytesOf(model, "noises"));
  const levels = new Uint8Array(bytesOf(model, "training"));
  const training = Array.from({ length: levels.length / N }, (_, i) => imageOf(levels.subarray(N * i, N * (i + 1))));
  const nMembers = model.get("n_members");
  const norms = rowsFrom(model, "known_norms", model.get("norm_scales")).map((row) => ({
    members: row.subarray(0, nMembers),
    heldOut: row.subarray(nMembers),
  }));
  let [at, rate, example] = [model.get("start"), 0, 0]; // of the timesteps, of RATES, of the examples or -1 for a drawing
  /** @type {Engine | null} */
  let engine = null;
  /** @type {number[] | null} */
  let sweep = null; // the drawing's norm at each timestep

  const paper = pad({ change: () => changed() });
  const seen = picture("seen", "what the network sees: 8×8", SMALL);
  const noise = picture(
    "predicted",
    "the noise it predicts; purple: darker, green: brighter",
    SMALL,
    (v) => diverging(v, 1.5),
  );
  const bars = histogram("Members: solid blue. Held-out: dashed orange. Vertical line: the drawing.", {
    axis: "norm of the predicted noise",
  });
  const lines = curve(timesteps, norms);
  const verdict = html("p", { class: "tdr-status", role: "status", "data-part": "verdict" });
  const state = html("p", { class: "tdr-key", role: "status", "data-part": "state" });
  const path = trail({ training, ask: (image, t) => engine.ask(image, [t]) });

  const image = () => imageOf(levelsOf(paper.drawing.bitmap));
  const known = (i) => noises.subarray(N * (example * timesteps.length + i), N * (example * timesteps.length + i + 1));

  function show(/** @type {ArrayLike<number>} */ predicted) {
    const { members, heldOut } = norms[at];
    const norm = normOf(predicted, P);
    const [low, high] = [0, Math.max(...members, ...heldOut)];
    noise.draw(rowsOf(Array.from(predicted)));
    bars.draw(Array.from(members), Array.from(heldOut), low, high, Math.min(norm, high));
    const rank = rankOf(heldOut, norm + ROUNDED);
    const called = norm <= thresholdAt(heldOut, RATES[rate]) + ROUNDED;
    const beyond = norm > high
      ? " No image of the split has one as large: a large norm says “unlike what I know”, whoever drew it."
      : "";
    verdict.textContent =
      `Norm ${norm.toFixed(3)} at t = ${timesteps[at]}. Of ${heldOut.length} held-out images ${
        (100 * rank).toFixed(1)
      } % have one as small. ` +
      `At a false-positive rate of ${100 * RATES[rate]} % it is ${
        called ? "called a member, as that share of held-out images is, too" : "not called a member"
      }.${beyond}`;
    verdict.dataset.norm = String(norm);
    if (sweep) lines.draw(sweep, at);
  }

  const query = latest(async () => show(example >= 0 ? known(at) : await engine.ask(image(), [timesteps[at]])));
  const measure = latest(async () => {
    const count = timesteps.length;
    const answer = example >= 0
      ? noises.subarray(N * example * count, N * (example + 1) * count)
      : await engine.ask(image(), timesteps);
    sweep = timesteps.map((_, i) => normOf(answer.subarray(N * i, N * (i + 1)), P));
    lines.draw(sweep, at);
  });
  const failed = (/** @type {Error} */ error) => {
    engine = null;
    able(false);
    load.hidden = false;
    state.textContent =
      `The network does not run here: ${error.message}. The examples were computed beforehand and still work.`;
    if (example < 0) start(0);
  };

  function update() {
    sweep = null; // of the drawing as it was
    seen.draw(rowsOf(Array.from(image())));
    path.start(image(), timesteps[at], alphasCumprod[at], Boolean(engine));
    return Promise.all([query(), measure()]).catch(failed);
  }
  let loading = false; // an example onto the paper
  function changed() {
    if (!loading) {
      example = -1;
      from.move(examples.length);
    }
    if (example >= 0 || engine) update();
  }
  function start(/** @type {number} */ i) {
    if (i >= examples.length) {
      paper.drawing.clear();
      return paper.redraw();
    }
    [example, loading] = [i, true];
    paper.load(examples[i].levels);
    from.move(i);
    loading = false;
  }

  const from = select({
    label: "Start from",
    name: "example",
    options: [...examples.map((e) => e.name), "a drawing of your own"],
    value: 0,
    change: start,
  });
  const timestep = slider({
    label: "Timestep t",
    name: "draw-timestep",
    min: 0,
    max: timesteps.length - 1,
    value: at,
    describe: (i) => String(timesteps[i]),
    change: (i) => {
      at = i;
      path.start(image(), timesteps[at], alphasCumprod[at], Boolean(engine));
      query().catch(failed);
    },
  });
  const allowed = slider({
    label: "False-positive rate",
    name: "rate",
    min: 0,
    max: RATES.length - 1,
    value: rate,
    describe: (i) => `${100 * RATES[i]} %`,
    change: (i) => {
      rate = i;
      query().catch(failed);
    },
  });
  const megabytes = (network.bytes / 2 ** 20).toFixed(1);
  const load = button(`Load the network (${megabytes} MB) and draw`, async () => {
    load.hidden = true;
    try {
      engine = await Engine.open(sourceOf(model), network, (text) => (state.textContent = text));
    } catch (error) {
      return failed(error);
    }
    state.textContent = "The network runs in this page, on this device. Nothing that you draw leaves it.";
    able(true);
    update();
  });

  const able = (/** @type {boolean} */ on) => {
    paper.enable(on);
    from.enable(examples.length, on);
  };
  able(false);
  el.append(
    html(
      "div",
      { class: "tdr tdr-draw" },
      from.row,
      html("div", { class: "tdr-row" }, load),
      state,
      html("div", { class: "tdr-panels tdr-small" }, paper.node, seen.figure, noise.figure),
      timestep.row,
      allowed.row,
      verdict,
      html("div", { class: "tdr-panels" }, bars.figure, lines.figure),
      path.node,
    ),
  );
  start(0);
  return () => engine?.worker.terminate();
}

export default { render };
