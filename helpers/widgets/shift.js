// Scores of attacks under a slider over a share: of held-out images that come from elsewhere, or of what an attack looks at.
import { axes, GROUPS, HELD_OUT, histogram, legend, path, STROKES } from "./charts.js";
import { stops } from "./controls.js";
import { estimate, html, longestOf, set, svg, thumbnail } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { bytesOf, chunk, ranksAt, traits } from "./traits.js";

/** What the share is a share of: held-out images from elsewhere, or dimensions of the latent. @param {boolean} elsewhere */
const wordsOf = (elsewhere) =>
  elsewhere
    ? {
      label: phrase("shift.label"),
      axis: phrase("shift.axis"),
      example: phrase("common.held-out-image"),
      caption: phrase("shift.caption"),
    }
    : {
      label: phrase("shift.latent-label"),
      axis: phrase("shift.latent-axis"),
      example: phrase("shift.latent-example"),
      caption: phrase("shift.latent-caption"),
    };

const percent = (share) => `${+(100 * share).toFixed(1)} %`;

// AUC against share, one line a curve with its interval, and a dot on each at the chosen share.
function shareChart(shares, names, auc, axis) {
  const height = 174 + 20 * names.length;
  const [left, right, top, floor] = [50, 350, 12, 140];
  const ends = [shares[0], shares.at(-1)];
  const { x, y, nodes } = axes(
    { left, right, top, floor },
    { range: ends, ticks: ends, describe: percent, name: axis },
    { range: [Math.min(0.4, ...auc.flat(2)), 1], ticks: [0.5, 0.75, 1], dotted: 0.5, name: "AUC" },
  );
  const curve = (values) => path(values.map((value, i) => [x(shares[i]), y(value)]));
  const lines = auc.flatMap((estimates, k) => {
    const [values, low, high] = [0, 1, 2].map((i) => estimates.map((e) => e[i]));
    const band = path([
      ...low.map((v, i) => [x(shares[i]), y(v)]),
      ...high.map((v, i) => [x(shares[i]), y(v)]).reverse(),
    ]);
    return [
      svg("path", { d: `${band}z`, fill: STROKES[k].stroke, opacity: 0.15 }),
      svg("path", { d: curve(values), fill: "none", "stroke-width": 2.5, ...STROKES[k], "data-curve": names[k] }),
    ];
  });
  const marker = svg("line", { y1: top, y2: floor, stroke: "currentColor", "stroke-dasharray": "3 3" });
  const dots = names.map((name, k) =>
    svg("circle", { r: 5, fill: STROKES[k].stroke, stroke: "var(--ground)", "data-dot": name })
  );
  const drawing = svg(
    "svg",
    { viewBox: `0 0 360 ${height}`, class: "tdr-chart", role: "img" },
    ...nodes,
    ...lines,
    marker,
    ...dots,
    ...names.flatMap((
      name,
      k,
    ) => [
      svg("path", { d: `M${left} ${176 + 20 * k}h36`, fill: "none", "stroke-width": 2.5, ...STROKES[k] }),
      svg("text", { x: left + 44, y: 180 + 20 * k, text: name }),
    ]),
  );
  const points = names.map((name, k) =>
    `${name}: ${
      shares.map((s, i) => phrase("shift.at", { auc: auc[k][i][0].toFixed(2), share: percent(s) })).join(", ")
    }`
  );
  set(drawing, { "aria-label": phrase("shift.chart", { what: axis, figures: points.join(". ") }) });
  function draw(at) {
    set(marker, { x1: x(shares[at]), x2: x(shares[at]) });
    dots.forEach((dot, k) => set(dot, { cx: x(shares[at]), cy: y(auc[k][at][0]), "data-auc": auc[k][at][0] }));
  }
  return {
    figure: html("figure", {}, drawing, html("figcaption", { text: phrase("shift.key") })),
    draw,
  };
}

function render({ model, el }) {
  const [shares, names, auc, sizes, size, elsewhere, shows] = traits(
    model,
    "shares",
    "curves",
    "auc",
    "sizes",
    "size",
    "elsewhere",
    "names",
  );
  const words = wordsOf(elsewhere);
  const ranks = new Uint16Array(bytesOf(model, "ranks"));
  const examples = new Uint8Array(bytesOf(model, "examples"));
  const shown = examples.length / shares.length / size ** 2;
  const starts = sizes.flat().reduce((sums, [n, m]) => [...sums, sums.at(-1) + n + m], [0]);
  let at = 0;

  const chart = shareChart(shares, names, auc, words.axis);
  const longestName = longestOf([...shows.flat(), phrase("shift.elsewhere")]);
  const gallery = html("div", { class: "tdr-gallery" });
  const bars = names.map(() =>
    histogram({ axis: phrase("common.rank"), bins: 20, width: 230, height: 150, describe: String, key: false })
  );
  const longest = longestOf(shares.map((_, i) => sentence(i)));
  const status = html("p", { class: "tdr-status", role: "status", "data-longest": longest });

  function sentence(/** @type {number} */ i) {
    if (!elsewhere) {
      return phrase("shift.looked", {
        share: percent(shares[i]),
        what: words.axis,
        figures: names.map((name, k) => phrase("shift.figure", { name, auc: estimate(auc[k][i], 2) })).join("; "),
      });
    }
    const [, low, high] = auc[0][i];
    const found = low > 0.5 || high < 0.5 ? phrase("shift.differ") : phrase("shift.same");
    const others = names.slice(1).map((name, k) => `${name}: ${estimate(auc[k + 1][i], 2)}`).join("; ");
    return phrase("shift.status", {
      share: percent(shares[i]),
      name: names[0],
      auc: estimate(auc[0][i], 2),
      found,
      others: others && ` ${others}.`,
    });
  }

  function drawExamples() {
    gallery.replaceChildren(...Array.from({ length: shown }, (_, i) => {
      const what = shows[at][i];
      const label = phrase("shift.example", {
        example: words.example,
        k: i + 1,
        shown,
        what: what && `, ${what}`,
        share: percent(shares[at]),
        axis: words.axis,
      });
      const canvas = thumbnail(chunk(examples, at * shown + i, size ** 2), size, {
        "aria-label": label,
        "data-example": i,
        style: elsewhere
          ? `border-color: ${HELD_OUT}; border-style: dashed`
          : "border-color: var(--line); border-width: 1px",
      });
      const caption = html("figcaption", { text: what || phrase("shift.elsewhere"), "data-longest": longestName });
      return elsewhere ? html("figure", {}, canvas, caption) : canvas;
    }));
  }

  function draw() {
    drawExamples();
    chart.draw(at);
    bars.forEach((bar, k) => {
      const [n, m] = sizes[k][at];
      const [members, heldOut] = ranksAt(ranks, starts[k * shares.length + at], [n, m]);
      bar.draw(members, heldOut, 1, n + m);
      bar.words.textContent = phrase("shift.score", { name: names[k], auc: estimate(auc[k][at], 2) });
      set(bar.words, { "data-auc": names[k] });
    });
    status.textContent = sentence(at);
  }

  const share = stops({
    label: words.label,
    name: "share",
    values: shares,
    at,
    describe: percent,
    change: (value) => {
      at = value;
      draw();
    },
  });
  const pictures = html("figure", {}, gallery, html("figcaption", { text: words.caption }));
  const key = html("p", {
    class: "tdr-key",
    text: `${phrase("shift.below")} `,
  });
  key.append(legend(...GROUPS));
  draw();
  return panel(
    el,
    "shift",
    [share],
    share.row,
    status,
    html("div", { class: "tdr-panels" }, set(chart.figure, { class: "tdr-wide" }), pictures),
    key,
    html("div", { class: "tdr-panels tdr-thirds" }, ...bars.map((bar) => set(bar.figure, { class: "tdr-small" }))),
  );
}

export default { render };
