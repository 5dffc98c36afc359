// One pair of images under five attacks: what the denoiser is asked about, and the difference whose size is the score.
import { HELD_OUT, MEMBER } from "./charts.js";
import { radios, timestepSlider } from "./controls.js";
import { diverging, html, longestOf, minus, named, picture, queriesOf, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { bytesOf, chunk, fromLevels, traits } from "./traits.js";

/** What the denoiser is asked about, and what is measured, by attack. */
const VIEWS = {
  Loss: [phrase("viewer.loss-asked"), phrase("viewer.loss-difference")],
  SecMI: [phrase("viewer.secmi-asked"), phrase("viewer.secmi-difference")],
  PIA: [phrase("viewer.pia-asked"), phrase("viewer.pia-difference")],
  ReDiffuse: [phrase("viewer.rediffuse-asked"), phrase("viewer.rediffuse-difference")],
  SimA: [phrase("viewer.sima-asked"), phrase("viewer.sima-difference")],
};

// Three digits, with a power of ten where zeros would hide them.
function brief(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 0.001 && size < 1e5) return minus(size < 1000 ? value.toPrecision(3) : Math.round(value));
  const [digits, exponent] = value.toExponential(2).split("e");
  return minus(`${digits}\u00a0×\u00a010`) +
    [...exponent].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "")).join("");
}

function scaleBar() {
  const [bars, width] = [61, 305];
  const cells = Array.from(
    { length: bars },
    (_, i) =>
      svg("rect", { x: (i * width) / bars, y: 0, width: width / bars + 0.1, height: 12, fill: diverging(i - 30, 30) }),
  );
  const ends = [svg("text", { x: 0, y: 27 }), svg("text", { x: width, y: 27, "text-anchor": "end" })];
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${width} 32`, class: "tdr-scale", role: "img", "shape-rendering": "crispEdges" },
    ...cells,
    ...ends,
    svg("text", { x: width / 2, y: 27, "text-anchor": "middle", text: "0" }),
  );
  function draw(limit) {
    [ends[0].textContent, ends[1].textContent] = [brief(-limit), brief(limit)];
    set(drawing, {
      "aria-label": phrase("viewer.scale", { low: brief(-limit), high: brief(limit) }),
    });
  }
  return { drawing, draw };
}

function render({ model, el }) {
  const [attacks, timesteps, queries, scores, pair, names] = traits(
    model,
    "attacks",
    "timesteps",
    "queries",
    "scores",
    "pair",
    "names",
  );
  const [askedNames, differenceNames] = [0, 1].map((k) => attacks.map((name) => VIEWS[name][k]));
  const asked = new Uint8Array(bytesOf(model, "asked"));
  const differences = new Float32Array(bytesOf(model, "differences"));
  const size = pair[0].length;
  let [attack, at] = [attacks.length - 1, Math.floor((timesteps.length - 1) / 5)];

  const rows = [phrase("common.member"), phrase("common.held-out-image")].map((kind, i) => {
    const short = i ? "held-out" : "member";
    const [image, question, difference] = ["image", "asked", "difference"].map((name) =>
      picture(`${name} ${short}`, "", size)
    );
    image.describe(named(phrase("viewer.image", { kind }), names[i]));
    set(image.drawing, {
      style: `border: 3px ${i ? "dashed" : "solid"} ${i ? HELD_OUT : MEMBER}`,
    });
    [question, difference].forEach(({ drawing }) => set(drawing, { style: "border: 1px solid var(--line)" }));
    image.draw(pair[i]);
    const heading = html("p", {
      class: "tdr-status",
      "data-score": short,
      "data-longest": `■ ${phrase("viewer.heading-higher", { kind, score: "−0.00 × 10⁻⁰⁰" })}`,
    });
    set(question.words, { "data-longest": longestOf(askedNames) });
    set(difference.words, { "data-longest": longestOf(differenceNames) });
    const mark = html("span", {
      "aria-hidden": "true",
      style: `color: ${i ? HELD_OUT : MEMBER}`,
      text: i ? "□ " : "■ ",
    });
    const node = html(
      "div",
      {},
      heading,
      html("div", { class: "tdr-panels tdr-pictures" }, image.figure, question.figure, difference.figure),
    );
    return { kind, question, difference, heading, mark, node };
  });
  const bar = scaleBar();
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": phrase("viewer.status", {
      t: 999,
      attack: longestOf(attacks),
      queries: queriesOf(100),
      member: "−0.00 × 10⁻⁰⁰",
      held_out: "−0.00 × 10⁻⁰⁰",
      verdict: phrase("viewer.wrong"),
    }),
  });

  const part = (values, row) => chunk(values, (attack * timesteps.length + at) * 2 + row, size ** 2);

  function draw() {
    const name = attacks[attack];
    const pairOfScores = scores[attack][at];
    const both = rows.map((_, i) => Array.from(part(differences, i)));
    const limit = Math.max(...both.flat().map(Math.abs)) || 1;
    rows.forEach(({ kind, question, difference, heading, mark }, i) => {
      question.draw(fromLevels(part(asked, i)));
      question.words.textContent = askedNames[attack];
      set(question.drawing, {
        "aria-label": phrase("viewer.asks", { attack: name, kind, question: askedNames[attack] }),
      });
      difference.draw(both[i], (value) => diverging(value, limit));
      difference.words.textContent = differenceNames[attack];
      const root = Math.sqrt(both[i].reduce((sum, v) => sum + v * v, 0) / both[i].length);
      set(difference.drawing, {
        "aria-label": phrase("viewer.measures", {
          attack: name,
          kind,
          difference: differenceNames[attack],
          low: brief(Math.min(...both[i])),
          high: brief(Math.max(...both[i])),
          root: brief(root),
        }),
      });
      const larger = pairOfScores[i] > pairOfScores[1 - i];
      heading.replaceChildren(
        html(
          "span",
          {},
          mark,
          larger
            ? phrase("viewer.heading-higher", { kind, score: brief(pairOfScores[i]) })
            : phrase("viewer.heading", { kind, score: brief(pairOfScores[i]) }),
        ),
      );
      set(heading, { "data-value": pairOfScores[i] });
    });
    bar.draw(limit);
    const [member, heldOut] = pairOfScores;
    const verdict = member > heldOut
      ? phrase("viewer.right")
      : member < heldOut
      ? phrase("viewer.wrong")
      : phrase("viewer.equal");
    status.textContent = phrase("viewer.status", {
      t: timesteps[at],
      attack: name,
      queries: queriesOf(queries[attack][at]),
      member: brief(member),
      held_out: brief(heldOut),
      verdict,
    });
  }

  const choice = radios({
    label: phrase("common.attack"),
    name: "attack",
    options: attacks.map((name) => [name, name]),
    value: attacks[attack],
    change: (name) => {
      attack = attacks.indexOf(name);
      draw();
    },
  });
  const timestep = timestepSlider({
    timesteps,
    at,
    change: (value) => {
      at = value;
      draw();
    },
  });
  const key = html("p", {
    class: "tdr-key",
    text: phrase("viewer.key"),
  });
  draw();
  return panel(
    el,
    "viewer",
    [choice, timestep],
    choice.row,
    timestep.row,
    status,
    ...rows.map((row) => row.node),
    bar.drawing,
    key,
  );
}

export default { render };
