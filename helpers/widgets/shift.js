// Scores of attacks under a slider over a share: of held-out images that come from elsewhere, or of what an attack looks at.
import { HELD_OUT, histogram, path, scale } from "./charts.js";
import { bytesOf, estimate, html, set, slider, svg, thumbnail } from "./dom.js";

const LINES = [{ stroke: "currentColor" }, { stroke: "#009E73", "stroke-dasharray": "8 4" }, {
  stroke: "#CC79A7",
  "stroke-dasharray": "2 3",
}];

const percent = (share) => `${+(100 * share).toFixed(1)} %`;

// AUC against share, one line a curve with its interval, and a dot on each at the chosen share.
function shareChart(shares, names, auc, axis) {
  const height = 174 + 20 * names.length;
  const x = scale(40, 350, [shares[0], shares.at(-1)]);
  const y = scale(140, 12, [Math.min(0.4, ...auc.flat(2)), 1]);
  const curve = (values) => path(values.map((value, i) => [x(shares[i]), y(value)]));
  const lines = auc.flatMap((estimates, k) => {
    const [values, low, high] = [0, 1, 2].map((i) => estimates.map((e) => e[i]));
    const band = path([
      ...low.map((v, i) => [x(shares[i]), y(v)]),
      ...high.map((v, i) => [x(shares[i]), y(v)]).reverse(),
    ]);
    return [
      svg("path", { d: `${band}z`, fill: LINES[k].stroke, opacity: 0.15 }),
      svg("path", { d: curve(values), fill: "none", "stroke-width": 2.5, ...LINES[k], "data-curve": names[k] }),
    ];
  });
  const marker = svg("line", { y1: 12, y2: 140, stroke: "currentColor", "stroke-dasharray": "3 3" });
  const dots = names.map((name, k) =>
    svg("circle", { r: 5, fill: LINES[k].stroke, stroke: "var(--ground)", "data-dot": name })
  );
  const middle = (x(shares[0]) + x(shares.at(-1))) / 2;
  const drawing = svg(
    "svg",
    { viewBox: `0 0 360 ${height}`, class: "tdr-chart", role: "img" },
    svg("path", { class: "axis", d: "M40 12V140H350" }),
    svg("path", { class: "axis", d: `M40 ${y(0.5)}H350`, "stroke-dasharray": "2 3" }),
    ...lines,
    marker,
    ...dots,
    ...[0.5, 0.75, 1].map((value) => svg("text", { x: 35, y: y(value) + 4, "text-anchor": "end", text: value })),
    svg("text", { x: 40, y: 156, text: percent(shares[0]) }),
    svg("text", { x: 350, y: 156, "text-anchor": "end", text: percent(shares.at(-1)) }),
    svg("text", { x: middle, y: 156, "text-anchor": "middle", text: axis }),
    ...names.flatMap((
      name,
      k,
    ) => [
      svg("path", { d: `M40 ${176 + 20 * k}h36`, fill: "none", "stroke-width": 2.5, ...LINES[k] }),
      svg("text", { x: 84, y: 180 + 20 * k, text: name }),
    ]),
  );
  const points = names.map((name, k) =>
    `${name}: ${shares.map((s, i) => `${auc[k][i][0].toFixed(2)} at ${percent(s)}`).join(", ")}`
  );
  set(drawing, { "aria-label": `AUC by the share of ${axis}. ${points.join(". ")}.` });
  function draw(at) {
    set(marker, { x1: x(shares[at]), x2: x(shares[at]) });
    dots.forEach((dot, k) => set(dot, { cx: x(shares[at]), cy: y(auc[k][at][0]), "data-auc": auc[k][at][0] }));
  }
  return {
    figure: html("figure", {}, drawing, html("figcaption", { text: "AUC with its 95% interval; dotted: guessing" })),
    draw,
  };
}

function render({ model, el }) {
  const [shares, names, auc, sizes, size, words] = ["shares", "curves", "auc", "sizes", "size", "words"].map((name) =>
    model.get(name)
  );
  const ranks = new Uint16Array(bytesOf(model, "ranks"));
  const examples = new Uint8Array(bytesOf(model, "examples"));
  const shown = examples.length / shares.length / size ** 2;
  const starts = sizes.flat().reduce((sums, [n, m]) => [...sums, sums.at(-1) + n + m], [0]);
  let at = 0;

  const chart = shareChart(shares, names, auc, words.axis);
  const gallery = html("div", { class: "tdr-gallery" });
  const bars = names.map(() =>
    histogram("", { axis: "rank of the score", bins: 20, width: 230, height: 150, describe: String })
  );
  const status = html("p", { class: "tdr-status", role: "status" });

  function drawExamples() {
    gallery.replaceChildren(...Array.from({ length: shown }, (_, i) => {
      const from = (at * shown + i) * size ** 2;
      const label = `${words.example} ${i + 1} of ${shown}, at ${percent(shares[at])} of ${words.axis}`;
      return thumbnail(examples.subarray(from, from + size ** 2), size, {
        "aria-label": label,
        "data-example": i,
        style: words.held_out
          ? `border-color: ${HELD_OUT}; border-style: dashed`
          : "border-color: var(--line); border-width: 1px",
      });
    }));
  }

  function draw() {
    drawExamples();
    chart.draw(at);
    bars.forEach((bar, k) => {
      const [n, m] = sizes[k][at];
      const from = starts[k * shares.length + at];
      const [members, heldOut] = [ranks.subarray(from, from + n), ranks.subarray(from + n, from + n + m)].map((part) =>
        Array.from(part, (v) => v / 2)
      );
      bar.draw(members, heldOut, 1, n + m);
      bar.words.textContent = `${names[k]}: AUC ${estimate(auc[k][at], 2)}`;
      set(bar.words, { "data-auc": names[k] });
    });
    if (!words.held_out) {
      status.textContent = `${percent(shares[at])} of ${words.axis}: ${
        names.map((name, k) => `${name}, AUC ${estimate(auc[k][at], 2)}`).join("; ")
      }.`;
      return;
    }
    const [, low, high] = auc[0][at];
    const found = low > 0.5 || high < 0.5
      ? "the halves differ by themselves, and what any attack finds here may be that difference"
      : "it finds no difference between the halves";
    const others = names.slice(1).map((name, k) => `${name}: ${estimate(auc[k + 1][at], 2)}`).join("; ");
    status.textContent = `With ${percent(shares[at])} of the held-out images from elsewhere, ${
      names[0]
    }, which never calls a model, reaches AUC ${estimate(auc[0][at], 2)}: ${found}.${others && ` ${others}.`}`;
  }

  const share = slider({
    label: words.label,
    name: "share",
    min: 0,
    max: shares.length - 1,
    value: at,
    describe: (i) => percent(shares[i]),
    change: (value) => {
      at = value;
      draw();
    },
  });
  const pictures = html("figure", {}, gallery, html("figcaption", { text: words.caption }));
  const key = html("p", {
    class: "tdr-key",
    text: "Below, scores by rank, from the lowest, 1, to the highest. Members: solid blue. Held-out: dashed orange.",
  });
  el.append(
    html(
      "div",
      { class: "tdr tdr-shift" },
      share.row,
      status,
      html("div", { class: "tdr-panels" }, set(chart.figure, { class: "tdr-wide" }), pictures),
      key,
      html("div", { class: "tdr-panels tdr-thirds" }, ...bars.map((bar) => set(bar.figure, { class: "tdr-small" }))),
    ),
  );
  draw();
}

export default { render };
