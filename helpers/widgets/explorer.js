// SimA's norms under three controls: the timestep, the norm order, and the threshold below which an image is called a member.
import { HELD_OUT, histogram, MEMBER, rocChart } from "./charts.js";
import { radios, slider, timestepSlider } from "./controls.js";
import { button, estimate, groupOf, html, set, svg, thumbnail } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { rocOf } from "./statistics.js";
import { bytesOf, chunk, rowsFrom, traits } from "./traits.js";

const STOPS = 400; // positions of the threshold slider
const orderText = (/** @type {string} */ name) => `p = ${name === "inf" ? "∞" : name}`;

// A ROC with a dot where the threshold stands.
function thresholdChart(logarithmic, lowest) {
  const kind = logarithmic ? phrase("common.logarithmic") : phrase("common.linear");
  const chart = rocChart(phrase("common.roc-axes", { scale: kind }), {
    legend: [
      ["line", MEMBER, "SimA"],
      ["disc", HELD_OUT, phrase("explorer.threshold-key")],
      ["dotted", "var(--quiet)", phrase("common.guessing")],
    ],
    logarithmic,
    lowest,
    curves: [{ stroke: MEMBER }],
  });
  const dot = svg("circle", { r: 5, fill: HELD_OUT, stroke: "var(--ground)", "data-part": "operating-point" });
  chart.drawing.append(dot);
  function draw(points, operating) {
    const [cx, cy] = chart.to(operating);
    set(dot, { cx, cy, "data-fpr": operating[0], "data-tpr": operating[1] });
    chart.draw(
      [points],
      phrase("explorer.roc", { scale: kind, fpr: operating[0].toFixed(3), tpr: operating[1].toFixed(3) }),
    );
  }
  return { figure: chart.figure, draw };
}

function gallery(pixels, size, nMembers, names) {
  const row = html("div", { class: "tdr-gallery" });
  const what = (/** @type {number} */ i) => names[i] && `${names[i]}, `;
  function draw(norms, threshold) {
    const nearest = norms.map((v, i) => [Math.abs(v - threshold), i]).sort((p, q) => p[0] - q[0]).slice(0, 8);
    nearest.sort((p, q) => norms[p[1]] - norms[q[1]]);
    row.replaceChildren(
      ...nearest.map(([, i]) => {
        const member = i < nMembers;
        const canvas = thumbnail(chunk(pixels, i, size ** 2), size, {
          "data-image": i,
          "aria-label": phrase("explorer.thumbnail-norm", {
            what: what(i),
            kind: member ? phrase("common.member") : phrase("common.held-out-image"),
            norm: norms[i].toPrecision(4),
          }),
          style: `border-color: ${member ? MEMBER : HELD_OUT}; border-style: ${member ? "solid" : "dashed"}`,
        });
        const said = norms[i] <= threshold ? phrase("explorer.called-member") : phrase("explorer.called-held-out");
        const text = `${what(i)}${groupOf(member)}, ${said}`;
        return html("figure", {}, canvas, html("figcaption", { text }));
      }),
    );
  }
  return { row, draw };
}

function render({ model, el }) {
  const [timesteps, orders, nMembers, size, readouts, thresholds, names] = traits(
    model,
    "timesteps",
    "orders",
    "n_members",
    "size",
    "readouts",
    "thresholds",
    "names",
  );
  const all = rowsFrom(model, "norms", model.get("scales"));
  const pixels = new Uint8Array(bytesOf(model, "images"));
  const n = pixels.length / size ** 2;
  let [at, order] = traits(model, "start", "start_order");
  let norms, low, high, threshold;

  const bars = histogram({ line: phrase("explorer.threshold-line") });
  const charts = [false, true].map((logarithmic) => thresholdChart(logarithmic, 0.5 / (n - nMembers)));
  const near = gallery(pixels, size, nMembers, names);
  const values = Object.fromEntries(
    Object.keys(readouts[0][0]).map((name) => [name, html("td", { "data-readout": name })]),
  );
  const readout = html(
    "table",
    { class: "tdr-readouts" },
    ...Object.entries(values).map(([text, value]) => html("tr", {}, html("th", { scope: "row", text }), value)),
  );
  const cell = Object.fromEntries(["tp", "fn", "fp", "tn"].map((name) => [name, html("td", { "data-count": name })]));
  const confusion = html(
    "table",
    {},
    html(
      "tr",
      {},
      html("td"),
      html("th", { scope: "col", text: phrase("explorer.called-member") }),
      html("th", { scope: "col", text: phrase("explorer.called-held-out") }),
    ),
    html("tr", {}, html("th", { scope: "row", text: phrase("common.member") }), cell.tp, cell.fn),
    html("tr", {}, html("th", { scope: "row", text: phrase("common.held-out") }), cell.fp, cell.tn),
  );
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": phrase("explorer.status", {
      t: 999,
      order: orderText("inf"),
      said: phrase("explorer.called", { right: nMembers, all: n }),
      wrong: n,
    }),
  });

  function drawThreshold() {
    const called = (from, to) => norms.slice(from, to).filter((v) => v <= threshold).length;
    const [tp, fp] = [called(0, nMembers), called(nMembers, n)];
    Object.entries({ tp, fn: nMembers - tp, fp, tn: n - nMembers - fp }).forEach((
      [name, value],
    ) => (cell[name].textContent = value));
    bars.draw(norms.slice(0, nMembers), norms.slice(nMembers), low, high, threshold);
    const scores = norms.map((v) => -v);
    const points = rocOf(scores.slice(0, nMembers), scores.slice(nMembers));
    charts.forEach((chart) => chart.draw(points, [fp / (n - nMembers), tp / nMembers]));
    near.draw(norms, threshold);
    const said = tp + fp ? phrase("explorer.called", { right: tp, all: tp + fp }) : phrase("explorer.called-none");
    status.textContent = phrase("explorer.status", {
      t: timesteps[at],
      order: orderText(orders[order]),
      said,
      wrong: fp,
    });
  }

  const position = () => Math.round(((threshold - low) / (high - low)) * STOPS);
  function calibrate() {
    threshold = thresholds[order][at];
    cut.move(position());
    drawThreshold();
  }

  function choose() {
    norms = Array.from(all[order * timesteps.length + at]);
    [low, high] = [Math.min(...norms), Math.max(...norms)];
    Object.entries(readouts[order][at]).forEach(([name, figures]) => (values[name].textContent = estimate(figures)));
    calibrate();
  }

  const timestep = timestepSlider({
    timesteps,
    at,
    change: (value) => {
      at = value;
      choose();
    },
  });
  const cut = slider({
    label: phrase("explorer.threshold"),
    name: "threshold",
    min: 0,
    max: STOPS,
    value: 0,
    describe: (i) =>
      phrase("explorer.norm-at-most", {
        norm: low === undefined ? "0.0000" : (low + (i / STOPS) * (high - low)).toPrecision(3),
      }),
    change: (value) => {
      threshold = low + (value / STOPS) * (high - low);
      drawThreshold();
    },
  });
  const norm = radios({
    label: phrase("explorer.order"),
    name: "order",
    key: "p",
    value: orders[order],
    options: orders.map((name) => [name, orderText(name)]),
    change: (name) => {
      order = orders.indexOf(name);
      choose();
    },
  });
  cut.row.append(button(phrase("explorer.calibrated"), calibrate));
  // The calibrated threshold lies between two positions of the slider, so its setting is the norm itself.
  const calibrated = {
    ...cut,
    read: () => threshold.toPrecision(6),
    write(/** @type {string} */ text) {
      const [value, rounded] = [text.trim() === "" ? NaN : Number(text), 1e-5 * high];
      if (!(value >= low - rounded && value <= high + rounded)) return false;
      threshold = Math.min(high, Math.max(low, value));
      cut.move(position());
      drawThreshold();
      return true;
    },
  };

  choose();
  return panel(
    el,
    "explorer",
    [timestep, norm, calibrated],
    timestep.row,
    norm.row,
    cut.row,
    status,
    html("div", { class: "tdr-panels" }, set(bars.figure, { class: "tdr-wide" }), readout),
    html("div", { class: "tdr-panels tdr-thirds" }, ...charts.map((c) => c.figure), confusion),
    html("p", { class: "tdr-status", text: phrase("explorer.gallery") }),
    near.row,
  );
}

export default { render };
