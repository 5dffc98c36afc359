// SimA's norms under three controls: the timestep, the norm order, and the threshold below which an image is called a member.

const NAMES = { auc: "AUC", asr: "ASR", tpr: "TPR at 1% FPR" };
const STOPS = 400; // positions of the threshold slider

// ROC of "norm <= threshold means member": [fpr, tpr] from (0, 0) to (1, 1), one point per distinct norm.
function rocOf(members, heldOut) {
  const all = [...members.map((v) => [v, 1]), ...heldOut.map((v) => [v, 0])].sort((p, q) => p[0] - q[0]);
  const points = [[0, 0]];
  let [true_, false_] = [0, 0];
  all.forEach(([value, member], i) => {
    if (member) true_++;
    else false_++;
    if (i === all.length - 1 || all[i + 1][0] !== value) points.push([false_ / heldOut.length, true_ / members.length]);
  });
  return points;
}

function rocChart(logarithmic, lowest) {
  const drawing = svg("svg", { viewBox: "0 0 210 210", role: "img", "data-roc": logarithmic ? "log" : "linear" });
  const place = (value) => (logarithmic ? Math.log10(Math.max(value, lowest)) : value);
  const range = [place(lowest * (logarithmic ? 1 : 0)), place(1)];
  const x = scale(50, 200, range);
  const y = scale(170, 10, range);
  const to = ([fpr, tpr]) => [x(place(fpr)), y(place(tpr))];
  const curve = svg("path", { fill: "none", stroke: MEMBER, "stroke-width": 2.5 });
  const dot = svg("circle", { r: 5, fill: HELD_OUT, stroke: "var(--ground)", "data-part": "operating-point" });
  const ticks = (logarithmic ? [0.01, 0.1, 1] : [0, 0.5, 1]).flatMap((value) => [
    svg("text", { x: x(place(value)), y: 184, "text-anchor": "middle", text: value }),
    svg("text", { x: 46, y: y(place(value)) + 4, "text-anchor": "end", text: value }),
  ]);
  const chance = path([to([lowest, lowest]), to([1, 1])]);
  drawing.append(svg("path", { class: "axis", d: "M50 10V170H200" }), svg("path", { class: "axis", d: chance, "stroke-dasharray": "3 3" }), curve, dot, ...ticks,
    svg("text", { x: 125, y: 203, "text-anchor": "middle", text: "false-positive rate" }),
    svg("text", { "text-anchor": "middle", text: "true-positive rate", transform: "translate(11 90) rotate(-90)" }));
  const kind = logarithmic ? "logarithmic" : "linear";
  function draw(points, operating) {
    const steps = points.flatMap((point, i) => (i ? [[point[0], points[i - 1][1]], point] : [point]));
    set(curve, { d: path(steps.map(to)) });
    const [cx, cy] = to(operating);
    set(dot, { cx, cy, "data-fpr": operating[0], "data-tpr": operating[1] });
    set(drawing, { "aria-label": `ROC curve on ${kind} axes; at the threshold the false-positive rate is ${operating[0].toFixed(3)} and the true-positive rate ${operating[1].toFixed(3)}.` });
  }
  return { figure: html("figure", {}, drawing, html("figcaption", { text: `ROC, ${kind} axes; ● the threshold` })), draw };
}

function gallery(pixels, size, nMembers) {
  const row = html("div", { class: "tdr-gallery" });
  function draw(norms, threshold) {
    const nearest = norms.map((v, i) => [Math.abs(v - threshold), i]).sort((p, q) => p[0] - q[0]).slice(0, 8);
    nearest.sort((p, q) => norms[p[1]] - norms[q[1]]);
    row.replaceChildren(
      ...nearest.map(([, i]) => {
        const member = i < nMembers;
        const canvas = html("canvas", { width: size, height: size, role: "img", "data-image": i, "aria-label": `${member ? "member" : "held-out image"}, norm ${norms[i].toPrecision(4)}`, style: `border-color: ${member ? MEMBER : HELD_OUT}; border-style: ${member ? "solid" : "dashed"}` });
        const context = canvas.getContext("2d");
        const data = context.createImageData(size, size);
        for (let k = 0; k < size * size; k++) {
          const level = pixels[i * size * size + k];
          data.data.set([level, level, level, 255], 4 * k);
        }
        context.putImageData(data, 0, 0);
        const said = norms[i] <= threshold ? "called member" : "called held-out";
        return html("figure", {}, canvas, html("figcaption", { text: `${member ? "member" : "held-out"}, ${said}` }));
      }),
    );
  }
  return { row, draw };
}

function render({ model, el }) {
  const [timesteps, orders, nMembers, size, readouts, thresholds] = ["timesteps", "orders", "n_members", "size", "readouts", "thresholds"].map((name) => model.get(name));
  const bytes = (name) => {
    const view = model.get(name);
    return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  };
  const all = new Float32Array(bytes("norms"));
  const pixels = new Uint8Array(bytes("images"));
  const n = pixels.length / size ** 2;
  let [at, order] = [model.get("start"), orders.indexOf("4")];
  let norms, low, high, threshold;

  const bars = histogram("Members: solid blue. Held-out: dashed orange. Vertical line: the threshold; left of it, “member”.");
  const charts = [false, true].map((logarithmic) => rocChart(logarithmic, 0.5 / (n - nMembers)));
  const near = gallery(pixels, size, nMembers);
  const values = Object.fromEntries(Object.keys(NAMES).map((name) => [name, html("td", { "data-readout": name })]));
  const readout = html("table", { class: "tdr-readouts" }, ...Object.entries(NAMES).map(([name, text]) => html("tr", {}, html("th", { scope: "row", text }), values[name])));
  const cell = Object.fromEntries(["tp", "fn", "fp", "tn"].map((name) => [name, html("td", { "data-count": name })]));
  const confusion = html("table", {},
    html("tr", {}, html("td"), html("th", { scope: "col", text: "called member" }), html("th", { scope: "col", text: "called held-out" })),
    html("tr", {}, html("th", { scope: "row", text: "member" }), cell.tp, cell.fn),
    html("tr", {}, html("th", { scope: "row", text: "held-out" }), cell.fp, cell.tn));
  const status = html("p", { class: "tdr-status", role: "status" });

  function drawThreshold() {
    const called = (from, to) => norms.slice(from, to).filter((v) => v <= threshold).length;
    const [tp, fp] = [called(0, nMembers), called(nMembers, n)];
    Object.entries({ tp, fn: nMembers - tp, fp, tn: n - nMembers - fp }).forEach(([name, value]) => (cell[name].textContent = value));
    bars.draw(norms.slice(0, nMembers), norms.slice(nMembers), low, high, threshold);
    const points = rocOf(norms.slice(0, nMembers), norms.slice(nMembers));
    charts.forEach((chart) => chart.draw(points, [fp / (n - nMembers), tp / nMembers]));
    near.draw(norms, threshold);
    const said = tp + fp ? `${tp} of the ${tp + fp} images called members are members` : "no image is called a member";
    status.textContent = `At timestep ${timesteps[at]}, order ${orders[order]}: ${said}; ${fp} false accusations.`;
  }

  const position = () => Math.round(((threshold - low) / (high - low)) * STOPS);
  function calibrate() {
    threshold = thresholds[order][at];
    cut.move(position());
    drawThreshold();
  }

  function choose() {
    const from = (order * timesteps.length + at) * n;
    norms = Array.from(all.subarray(from, from + n));
    [low, high] = [Math.min(...norms), Math.max(...norms)];
    Object.entries(readouts[order][at]).forEach(([name, [value, below, above]]) => {
      values[name].textContent = `${value.toFixed(3)} [${below.toFixed(3)}, ${above.toFixed(3)}]`;
    });
    calibrate();
  }

  const timestep = slider({
    label: "Timestep t", name: "timestep", min: 0, max: timesteps.length - 1, value: at, describe: (i) => `t = ${timesteps[i]}`,
    change: (value) => {
      at = value;
      choose();
    },
  });
  const cut = slider({
    label: "Threshold", name: "threshold", min: 0, max: STOPS, value: 0,
    describe: (i) => (low === undefined ? "" : `norm ≤ ${(low + (i / STOPS) * (high - low)).toPrecision(3)}`),
    change: (value) => {
      threshold = low + (value / STOPS) * (high - low);
      drawThreshold();
    },
  });
  const group = `tdr-order-${serial++}`;
  const radios = orders.map((name, i) =>
    html("label", {},
      html("input", { type: "radio", name: group, value: name, "data-control": "order", ...(i === order && { checked: "" }), onchange: () => {
        order = i;
        choose();
      } }),
      ` p = ${name === "inf" ? "∞" : name} `));
  const norm = html("div", { class: "tdr-row", role: "radiogroup", "aria-label": "Norm order p" }, html("span", { class: "tdr-label", text: "Norm order" }), ...radios);
  cut.row.append(button("back to calibrated", calibrate));

  el.append(html("div", { class: "tdr tdr-explorer" },
    timestep.row, norm, cut.row, status,
    html("div", { class: "tdr-panels" }, set(bars.figure, { class: "tdr-wide" }), readout),
    html("div", { class: "tdr-panels tdr-thirds" }, ...charts.map((c) => c.figure), confusion),
    html("p", { class: "tdr-status", text: "The eight images nearest to the threshold, smallest norm first:" }), near.row));
  choose();
}

export default { render };
