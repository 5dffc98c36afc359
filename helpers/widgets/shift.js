// Held-out images that drift away from the members, under a slider, and what attacks then seem to find.

const LINES = [{ stroke: "currentColor" }, { stroke: "#009E73", "stroke-dasharray": "8 4" }, { stroke: "#CC79A7", "stroke-dasharray": "2 3" }];

// AUC against strength, one line a curve with its interval, and a dot on each at the chosen strength.
function strengthChart(strengths, names, auc) {
  const height = 174 + 20 * names.length;
  const x = scale(40, 350, [strengths[0], strengths.at(-1)]);
  const y = scale(140, 12, [Math.min(0.4, ...auc.flat(2)), 1]);
  const curve = (values) => path(values.map((value, i) => [x(strengths[i]), y(value)]));
  const lines = auc.flatMap((estimates, k) => {
    const [values, low, high] = [0, 1, 2].map((i) => estimates.map((e) => e[i]));
    const band = path([...low.map((v, i) => [x(strengths[i]), y(v)]), ...high.map((v, i) => [x(strengths[i]), y(v)]).reverse()]);
    return [svg("path", { d: `${band}z`, fill: LINES[k].stroke, opacity: 0.15 }), svg("path", { d: curve(values), fill: "none", "stroke-width": 2.5, ...LINES[k], "data-curve": names[k] })];
  });
  const marker = svg("line", { y1: 12, y2: 140, stroke: "currentColor", "stroke-dasharray": "3 3" });
  const dots = names.map((name, k) => svg("circle", { r: 5, fill: LINES[k].stroke, stroke: "var(--ground)", "data-dot": name }));
  const middle = (x(strengths[0]) + x(strengths.at(-1))) / 2;
  const drawing = svg("svg", { viewBox: `0 0 360 ${height}`, class: "tdr-chart", role: "img" },
    svg("path", { class: "axis", d: "M40 12V140H350" }), svg("path", { class: "axis", d: `M40 ${y(0.5)}H350`, "stroke-dasharray": "2 3" }), ...lines, marker, ...dots,
    ...[0.5, 0.75, 1].map((value) => svg("text", { x: 35, y: y(value) + 4, "text-anchor": "end", text: value })),
    svg("text", { x: 40, y: 156, text: strengths[0] }), svg("text", { x: 350, y: 156, "text-anchor": "end", text: strengths.at(-1) }),
    svg("text", { x: middle, y: 156, "text-anchor": "middle", text: "strength of the shift" }),
    ...names.flatMap((name, k) => [svg("path", { d: `M40 ${176 + 20 * k}h36`, fill: "none", "stroke-width": 2.5, ...LINES[k] }), svg("text", { x: 84, y: 180 + 20 * k, text: name })]));
  const points = names.map((name, k) => `${name}: ${strengths.map((s, i) => `${auc[k][i][0].toFixed(2)} at ${s}`).join(", ")}`);
  set(drawing, { "aria-label": `AUC by the strength of the shift. ${points.join(". ")}.` });
  function draw(at) {
    set(marker, { x1: x(strengths[at]), x2: x(strengths[at]) });
    dots.forEach((dot, k) => set(dot, { cx: x(strengths[at]), cy: y(auc[k][at][0]), "data-auc": auc[k][at][0] }));
  }
  return { figure: html("figure", {}, drawing, html("figcaption", { text: "AUC with its 95% interval; dotted: guessing" })), draw };
}

function render({ model, el }) {
  const [strengths, names, auc, sizes, size] = ["strengths", "curves", "auc", "sizes", "size"].map((name) => model.get(name));
  const ranks = new Uint16Array(bytesOf(model, "ranks"));
  const examples = new Uint8Array(bytesOf(model, "examples"));
  const shown = examples.length / strengths.length / size ** 2;
  const starts = sizes.flat().reduce((sums, [n, m]) => [...sums, sums.at(-1) + n + m], [0]);
  let at = 0;

  const chart = strengthChart(strengths, names, auc);
  const gallery = html("div", { class: "tdr-gallery" });
  const bars = names.map(() => histogram("", { axis: "rank of the score", bins: 20, width: 230, height: 150, describe: String }));
  const status = html("p", { class: "tdr-status", role: "status" });

  function drawExamples() {
    gallery.replaceChildren(...Array.from({ length: shown }, (_, i) => {
      const from = (at * shown + i) * size ** 2;
      const label = `held-out image ${i + 1} after a shift of ${strengths[at]}`;
      return thumbnail(examples.subarray(from, from + size ** 2), size, { "aria-label": label, "data-example": i, style: `border-color: ${HELD_OUT}; border-style: dashed` });
    }));
  }

  function draw() {
    drawExamples();
    chart.draw(at);
    bars.forEach((bar, k) => {
      const [n, m] = sizes[k][at];
      const from = starts[k * strengths.length + at];
      const [members, heldOut] = [ranks.subarray(from, from + n), ranks.subarray(from + n, from + n + m)].map((part) => Array.from(part, (v) => v / 2));
      bar.draw(members, heldOut, 1, n + m);
      bar.words.textContent = `${names[k]}: AUC ${estimate(auc[k][at], 2)}`;
      set(bar.words, { "data-auc": names[k] });
    });
    const [, low, high] = auc[0][at];
    const found = low > 0.5 || high < 0.5 ? "the halves differ by themselves, and what any attack finds here may be that difference" : "it finds no difference between the halves";
    const others = names.slice(1).map((name, k) => `${name}: ${estimate(auc[k + 1][at], 2)}`).join("; ");
    status.textContent = `With a shift of ${strengths[at]}, ${names[0]}, which never calls a model, reaches AUC ${estimate(auc[0][at], 2)}: ${found}.${others && ` ${others}.`}`;
  }

  const strength = slider({
    label: "Shift", name: "strength", min: 0, max: strengths.length - 1, value: at, describe: (i) => String(strengths[i]),
    change: (value) => {
      at = value;
      draw();
    },
  });
  const pictures = html("figure", {}, gallery, html("figcaption", { text: "Held-out images after this shift" }));
  const key = html("p", { class: "tdr-key", text: "Below, scores by rank, from the lowest, 1, to the highest. Members: solid blue. Held-out: dashed orange." });
  el.append(html("div", { class: "tdr tdr-shift" }, strength.row, status, html("div", { class: "tdr-panels" }, set(chart.figure, { class: "tdr-wide" }), pictures), key,
    html("div", { class: "tdr-panels tdr-thirds" }, ...bars.map((bar) => set(bar.figure, { class: "tdr-small" })))));
  draw();
}

export default { render };
