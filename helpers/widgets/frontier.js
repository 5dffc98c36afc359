// The privacy-quality frontier: β under a slider, and what it does to pictures, norms, ROC and the point on the frontier.

const QUALITIES = { frechet: { column: 3, label: "Fréchet distance of samples", better: "left" }, psnr: { column: 2, label: "PSNR of reconstructions, dB", better: "right" } };
const KINDS = ["Held-out images", "their reconstructions", "samples of the model"];
const READOUTS = [["auc", "AUC", 0, 2], ["tpr", "TPR at 1% FPR", 1, 2], ["psnr", "PSNR", 2, 1], ["frechet", "Fréchet distance", 3, 0]];

const power = (beta) => {
  const exponent = Math.floor(Math.log10(beta) + 1e-9);
  const mantissa = beta / 10 ** exponent;
  return beta >= 0.01 && beta <= 100 ? String(+beta.toPrecision(2)) : `${mantissa < 1.05 ? "" : `${mantissa.toPrecision(2)}·`}10${[...String(exponent)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}`;
};

// AUC against a measure of quality: one cross of intervals a β, joined in the order of β, and a dot on the chosen one.
function frontierChart(betas, readouts) {
  const drawing = svg("svg", { viewBox: "0 0 400 300", class: "tdr-chart", role: "img" });
  const words = html("figcaption");
  const dot = svg("circle", { r: 7, fill: "#009E73", stroke: "var(--ground)", "stroke-width": 2, "data-part": "point" });
  let to;
  function axes(name) {
    const { column, label, better } = QUALITIES[name];
    const values = readouts.map((r) => r[column]);
    const [low, high] = [Math.min(...values.map((v) => v[0])), Math.max(...values.map((v) => v[0]))];
    const margin = 0.08 * (high - low || 1);
    const x = scale(46, 386, [low - margin, high + margin]);
    const y = scale(240, 14, [Math.min(0.45, ...readouts.map((r) => r[0][0])), 1]);
    const clip = (v, at) => Math.min(at[1], Math.max(at[0], v));
    const crosses = readouts.map((r) => {
      const [a, q] = [r[0], r[column]];
      return svg("path", { d: path([[x(q[0]), clip(y(a[1]), [14, 240])], [x(q[0]), clip(y(a[2]), [14, 240])]]) + path([[clip(x(q[1]), [46, 386]), y(a[0])], [clip(x(q[2]), [46, 386]), y(a[0])]]), stroke: "var(--quiet)", "stroke-width": 1, fill: "none" });
    });
    to = (i) => [x(readouts[i][column][0]), y(readouts[i][0][0])];
    drawing.replaceChildren(
      svg("path", { class: "axis", d: "M46 14V240H386" }), svg("path", { class: "axis", d: `M46 ${y(0.5)}H386`, "stroke-dasharray": "2 3" }),
      ...crosses, svg("path", { d: path(betas.map((_, i) => to(i))), fill: "none", stroke: "currentColor", "stroke-width": 2 }),
      ...betas.map((_, i) => svg("circle", { r: 3.5, cx: to(i)[0], cy: to(i)[1], fill: "currentColor" })),
      ...[0, betas.length - 1].map((i) => svg("text", { x: to(i)[0], y: to(i)[1] - 10, "text-anchor": "middle", text: `β = ${power(betas[i])}` })),
      ...[0.5, 0.75, 1].map((v) => svg("text", { x: 40, y: y(v) + 4, "text-anchor": "end", text: v })),
      ...[low, high].map((v, k) => svg("text", { x: x(v), y: 256, "text-anchor": k ? "end" : "start", text: v.toFixed(0) })),
      svg("text", { x: 216, y: 276, "text-anchor": "middle", text: label }), svg("text", { "text-anchor": "middle", text: "AUC of SimA", transform: "translate(12 127) rotate(-90)" }), dot);
    words.textContent = `Means over seeds, crosses: 95% intervals; better quality is to the ${better}, better privacy below; dotted: guessing`;
    set(drawing, { "aria-label": `AUC against ${label}. ${betas.map((b, i) => `β ${power(b)}: AUC ${readouts[i][0][0].toFixed(2)}, ${readouts[i][column][0].toFixed(1)}`).join("; ")}.` });
  }
  const draw = (at) => set(dot, { cx: to(at)[0], cy: to(at)[1], "data-auc": readouts[at][0][0] });
  return { figure: html("figure", {}, drawing, words), axes, draw };
}

function render({ model, el }) {
  const [betas, readouts, timesteps, nMembers, size] = ["betas", "readouts", "timesteps", "n_members", "size"].map((name) => model.get(name));
  const norms = new Float32Array(bytesOf(model, "norms"));
  const pictures = new Uint8Array(bytesOf(model, "pictures"));
  const n = norms.length / betas.length;
  const shown = pictures.length / betas.length / KINDS.length / size ** 2;
  let at = Math.floor(betas.length / 2);
  let quality = "frechet";

  const chart = frontierChart(betas, readouts);
  const galleries = KINDS.map(() => html("div", { class: "tdr-gallery tdr-dense" }));
  const bars = histogram("Norms of one seed. Members: solid blue. Held-out: dashed orange.");
  const roc = rocChart("ROC of that seed, logarithmic axes", { logarithmic: true, lowest: 0.5 / (n - nMembers), curves: [{ stroke: MEMBER }] });
  const cells = READOUTS.map(([name]) => html("td", { "data-readout": name }));
  const table = html("table", { class: "tdr-readouts" }, ...READOUTS.map(([, text], i) => html("tr", {}, html("th", { scope: "row", text }), cells[i])));
  const status = html("p", { class: "tdr-status", role: "status" });

  function draw() {
    galleries.forEach((gallery, kind) =>
      gallery.replaceChildren(...Array.from({ length: shown }, (_, i) => {
        const from = ((at * KINDS.length + kind) * shown + i) * size ** 2;
        return thumbnail(pictures.subarray(from, from + size ** 2), size, { "aria-label": `${KINDS[kind]}, ${i + 1} of ${shown}, β = ${power(betas[at])}`, "data-picture": `${kind}-${i}`, style: "border-color: var(--line)" });
      })));
    const here = Array.from(norms.subarray(at * n, (at + 1) * n));
    bars.draw(here.slice(0, nMembers), here.slice(nMembers), Math.min(...here), Math.max(...here));
    const scores = here.map((v) => -v);
    roc.draw([rocOf(scores.slice(0, nMembers), scores.slice(nMembers))], `ROC of SimA on logarithmic axes at β = ${power(betas[at])}.`);
    READOUTS.forEach(([, , column, digits], i) => (cells[i].textContent = estimate(readouts[at][column], digits)));
    chart.draw(at);
    status.textContent = `β = ${power(betas[at])}: AUC ${readouts[at][0][0].toFixed(2)}, PSNR ${readouts[at][2][0].toFixed(1)} dB, Fréchet distance ${readouts[at][3][0].toFixed(0)}; SimA at t = ${timesteps[at]}.`;
  }

  const beta = slider({
    label: "KL weight β", name: "beta", min: 0, max: betas.length - 1, value: at, describe: (i) => `β = ${power(betas[i])}`,
    change: (value) => {
      at = value;
      draw();
    },
  });
  const axis = radios({
    label: "Quality", name: "quality", value: quality, options: [["frechet", "samples (Fréchet)"], ["psnr", "reconstructions (PSNR)"]],
    change: (name) => {
      quality = name;
      chart.axes(quality);
      chart.draw(at);
    },
  });
  chart.axes(quality);
  el.append(html("div", { class: "tdr tdr-frontier" }, beta.row, axis, status,
    html("div", { class: "tdr-panels" }, set(chart.figure, { class: "tdr-wide" }), html("div", {}, table, ...KINDS.flatMap((kind, i) => [html("p", { class: "tdr-key", text: kind }), galleries[i]]))),
    html("div", { class: "tdr-panels" }, set(bars.figure, { class: "tdr-wide" }), roc.figure)));
  draw();
}

export default { render };
