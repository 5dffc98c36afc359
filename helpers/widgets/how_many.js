// A collection whose pictures come in one after the other: how small is its p-value after so many?
import { axes, HELD_OUT, legend, path } from "./charts.js";
import { radios, stops } from "./controls.js";
import { button, html, longestOf, minus, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
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
    {
      range: [0, last],
      ticks: [0.25, 0.5, 0.75, 1].map((part) => Math.round(part * last)),
      name: phrase("how-many.axis"),
    },
    {
      range: [lowest, 0],
      ticks: [0, -2, -4, -6, -8, -10].filter((tick) => tick >= lowest),
      describe: (tick) => (tick ? minus(`1e${tick}`) : "1"),
      dotted: Math.log10(level),
      name: phrase("how-many.p-value"),
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
    svg("text", {
      x: PANE.right,
      y: y(Math.log10(level)) - 5,
      "text-anchor": "end",
      text: phrase("how-many.level", { level }),
    }),
    ...lines,
    own,
    dot,
  );

  const verdict = (p, k) => {
    if (p > level) return phrase("how-many.above", { level });
    return shares[k] ? phrase("how-many.used-some") : phrase("how-many.false");
  };
  const sentence = (i, a, k, p, hits) =>
    phrase("how-many.status", {
      n: hits,
      pictures: sizes[i],
      share: percent(shares[k]),
      attack: attacks[a],
      p: inWords(p),
      verdict: verdict(p, k),
      draws,
    });
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
      "aria-label": phrase("how-many.chart", { pictures: sizes[at], draws }),
    });
  }

  const count = stops({
    label: phrase("how-many.pictures"),
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
    label: phrase("how-many.used"),
    name: "used",
    options: shares.map((value) => [String(value), percent(value)]),
    value: String(shares[share]),
    change: (value) => {
      share = shares.indexOf(Number(value));
      show();
    },
  });
  const by = radios({
    label: phrase("common.attack"),
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
    which.textContent = ` ${phrase("how-many.draw", { k: draw + 1, draws })}`;
    show();
  };
  const another = {
    row: html("div", { class: "tdr-row" }, button(phrase("how-many.another"), () => go((draw + 1) % draws)), which),
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
    ["line", "var(--ink)", phrase("how-many.this-draw")],
    ["line", "#56B4E9", phrase("how-many.other-draws")],
    ["disc", HELD_OUT, phrase("how-many.now")],
    ["dotted", "var(--quiet)", phrase("how-many.level-key")],
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
