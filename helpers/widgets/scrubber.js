// A run's checkpoints under a slider: watch two histograms part.
import { axes, HELD_OUT, histogram, legend, MEMBER, path } from "./charts.js";
import { stops } from "./controls.js";
import { html, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { traits } from "./traits.js";

function render({ model, el }) {
  const [probes, given, attack] = traits(model, "probes", "label", "attack");
  const label = given || phrase("scrubber.label");
  let at = 0;
  const bars = histogram({ caption: phrase("scrubber.axis") });
  const ends = [0, probes.at(-1).step];
  const { x, y, nodes } = axes(
    { left: 40, right: 390, top: 12, floor: 170 },
    { range: ends, ticks: ends, name: label },
    {
      range: [Math.min(0.4, ...probes.map((p) => p.auc)), 1],
      ticks: [0.5, 1],
      dotted: 0.5,
      name: phrase("common.auc", { attack }),
    },
  );
  const here = svg("circle", { r: 6, fill: HELD_OUT, stroke: "var(--ground)", "data-part": "step" });
  const chart = svg(
    "svg",
    {
      viewBox: "0 0 400 210",
      role: "img",
      "aria-label": phrase("scrubber.chart", {
        label,
        figures: probes.map((p) => `${p.step}: ${p.auc.toFixed(2)}`).join(", "),
      }),
    },
    ...nodes,
    svg("path", {
      d: path(probes.map((p) => [x(p.step), y(p.auc)])),
      stroke: MEMBER,
      "stroke-width": 2.5,
      fill: "none",
    }),
    here,
  );
  const status = html("p", { class: "tdr-status", role: "status" });
  function draw() {
    const { step, auc, members, held_out: heldOut } = probes[at];
    const both = [...members, ...heldOut];
    bars.draw(members, heldOut, Math.min(...both), Math.max(...both));
    set(here, { cx: x(step), cy: y(auc), "data-auc": auc });
    status.textContent = phrase("scrubber.status", { step, auc: auc.toFixed(3) });
  }
  const step = stops({
    label: label[0].toUpperCase() + label.slice(1),
    name: "step",
    values: probes,
    at,
    describe: (probe) => String(probe.step),
    spell: (probe) => String(probe.step),
    play: true,
    change: (value) => {
      at = value;
      draw();
    },
  });
  const key = legend(
    ["line", MEMBER, phrase("common.auc", { attack })],
    ["disc", HELD_OUT, phrase("scrubber.this-step")],
    ["dotted", "var(--quiet)", phrase("common.guessing")],
  );
  const auc = html("figure", {}, chart, html("figcaption", {}, key));
  draw();
  return panel(el, "scrubber", [step], step.row, status, html("div", { class: "tdr-panels" }, bars.figure, auc));
}

export default { render };
