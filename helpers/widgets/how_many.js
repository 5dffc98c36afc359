// A collection whose pictures come in one after the other: how small is its p-value after so many?
import { axes, HELD_OUT, legend, path } from "./charts.js";
import { radios, stops } from "./controls.js";
import { button, html, longestOf, minus, set, svg } from "./dom.js";
import { panel } from "./settings.js";
import { rowsFrom, traits } from "./traits.js";

const PANE = { left: 58, right: 392, top: 12, floor: 210 };

/** A p-value in words. @param {number} p */
export const inWords = (p) => (p >= 0.001 ? p.toPrecision(3) : minus(p.toExponential(0)));

const percent = (share) => `${Math.round(100 * share)} %`;

function render({ model, el }) {
  const [sizes, attacks, shares, draws, level, lowest] = traits(
    model,
    "sizes",
    "attacks",
    "shares",
    "draws",
    "level",
    "lowest",
  );
  const logs = rowsFrom(model, "p", model.get("scales"));
  let [at, attack, share, draw] = [sizes.length - 1, attacks.length - 1, model.get("start"), 0];
  const row = (k) => logs[(attack * shares.length + share) * draws + k];

  const last = sizes[sizes.length - 1];
  const { x, y, nodes } = axes(
    PANE,
    { range: [0, last], ticks: [0.25, 0.5, 0.75, 1].map((part) => Math.round(part * last)), name: "pictures" },
    {
      range: [lowest, 0],
      ticks: [0, -2, -4, -6, -8, -10].filter((tick) => tick >= lowest),
      describe: (tick) => (tick ? minus(`1e${tick}`) : "1"),
      dotted: Math.log10(level),
      name: "p-value",
    },
  );
  const lines = Array.from(
    { length: draws },
    () => svg("path", { fill: "none", stroke: "#56B4E9", "stroke-width": 1.2 }),
  );
  const own = svg("path", { fill: "none", stroke: "var(--ink)", "stroke-width": 2.5, "data-part": "own" });
  const dot = svg("circle", { r: 5, fill: HELD_OUT, stroke: "var(--ground)", "data-part": "now" });
  const chart = svg(
    "svg",
    { viewBox: "0 0 400 250", role: "img" },
    ...nodes,
    svg("text", { x: PANE.right, y: y(Math.log10(level)) - 5, "text-anchor": "end", text: `level ${level}` }),
    ...lines,
    own,
    dot,
  );

  const verdict = (p, k) => {
    if (p > level) return `above the level of ${level}: undecided`;
    return shares[k] ? "at or below the level: at least some were used" : "at or below the level: a false accusation";
  };
  const sentence = (i, a, k, p, hits) =>
    `${sizes[i]} pictures, ${percent(shares[k])} of them used, ${attacks[a]}: p = ${inWords(p)}, ${
      verdict(p, k)
    }. Of ${draws} draws, ${hits} ${hits === 1 ? "is" : "are"} found after as many pictures.`;
  const longest = longestOf(attacks.map((_, a) => sentence(sizes.length - 1, a, shares.length - 1, level / 2, draws)));
  const status = html("p", { class: "tdr-status", role: "status", "data-longest": `${longest}00` });

  function show() {
    const upTo = (values) => path(sizes.slice(0, at + 1).map((n, i) => [x(n), y(values[i])]));
    lines.forEach((line, k) => set(line, { d: upTo(row(k)) }));
    set(own, { d: upTo(row(draw)), "data-draw": draw });
    const found = lines.map((_, k) => 10 ** row(k)[at]);
    set(dot, { cx: x(sizes[at]), cy: y(row(draw)[at]), "data-p": found[draw] });
    const hits = found.filter((p) => p <= level).length;
    status.textContent = sentence(at, attack, share, found[draw], hits);
    set(chart, {
      "aria-label": `p-value against pictures, up to ${
        sizes[at]
      }, on a logarithmic axis; ${draws} draws, one of them bold.`,
    });
  }

  const count = stops({
    label: "Pictures",
    name: "pictures",
    key: "n",
    values: sizes,
    at,
    play: true,
    change: (value) => {
      at = value;
      show();
    },
  });
  const used = radios({
    label: "Used",
    name: "used",
    options: shares.map((value) => [String(value), percent(value)]),
    value: String(shares[share]),
    change: (value) => {
      share = shares.indexOf(Number(value));
      show();
    },
  });
  const by = radios({
    label: "Attack",
    name: "attack",
    options: attacks.map((name) => [name, name]),
    value: attacks[attack],
    change: (name) => {
      attack = attacks.indexOf(name);
      show();
    },
  });
  const which = html("span", {});
  const go = (k) => {
    draw = k;
    which.textContent = ` draw ${draw + 1} of ${draws}`;
    show();
  };
  const another = {
    row: html("div", { class: "tdr-row" }, button("Another draw", () => go((draw + 1) % draws)), which),
    key: "draw",
    read: () => String(draw + 1),
    write(/** @type {string} */ text) {
      const k = Number(text) - 1;
      if (!Number.isInteger(k) || k < 0 || k >= draws) return false;
      go(k);
      return true;
    },
  };
  const key = legend(
    ["line", "var(--ink)", "this draw"],
    ["line", "#56B4E9", "the other draws"],
    ["disc", HELD_OUT, "after so many pictures"],
    ["dotted", "var(--quiet)", "level"],
  );
  go(draw);
  return panel(
    el,
    "how-many",
    [count, used, by, another],
    by.row,
    used.row,
    count.row,
    another.row,
    status,
    html("figure", { style: "margin: 0.5rem 0 0; max-width: 560px" }, chart, html("figcaption", {}, key)),
  );
}

export default { render };
