// A run's checkpoints under a slider: watch two histograms part.
function render({ model, el }) {
  const [probes, label] = [model.get("probes"), model.get("label")];
  let at = 0;
  const bars = histogram("Members: solid blue. Held-out: dashed orange. The axis is that of this step.");
  const x = scale(40, 390, [0, probes.at(-1).step]);
  const y = scale(110, 12, [0.4, 1]);
  const here = svg("circle", { r: 6, fill: HELD_OUT, stroke: "var(--ground)", "data-part": "step" });
  const chart = svg(
    "svg",
    {
      viewBox: "0 0 400 210",
      role: "img",
      "aria-label": `AUC by ${label}: ${probes.map((p) => `${p.step}: ${p.auc.toFixed(2)}`).join(", ")}.`,
    },
    svg("path", { class: "axis", d: "M40 12V110H390" }),
    svg("path", { class: "axis", d: path([[40, y(0.5)], [390, y(0.5)]]), "stroke-dasharray": "3 3" }),
    svg("path", {
      d: path(probes.map((p) => [x(p.step), y(p.auc)])),
      stroke: MEMBER,
      "stroke-width": 2.5,
      fill: "none",
    }),
    ...[0.5, 1].map((value) => svg("text", { x: 34, y: y(value) + 4, "text-anchor": "end", text: value })),
    svg("text", { x: 215, y: 132, "text-anchor": "middle", text: label }),
    svg("text", { x: 390, y: 132, "text-anchor": "end", text: probes.at(-1).step }),
    here,
  );
  const status = html("p", { class: "tdr-status", role: "status" });
  function draw() {
    const { step, auc, members, held_out: heldOut } = probes[at];
    const both = [...members, ...heldOut];
    bars.draw(members, heldOut, Math.min(...both), Math.max(...both));
    set(here, { cx: x(step), cy: y(auc), "data-auc": auc });
    status.textContent = `After ${step} steps: AUC ${auc.toFixed(3)}`;
  }
  const step = slider({
    label: label[0].toUpperCase() + label.slice(1),
    name: "step",
    min: 0,
    max: probes.length - 1,
    value: at,
    describe: (i) => `${probes[i].step}`,
    change: (value) => {
      at = value;
      draw();
    },
  });
  const auc = html("figure", {}, chart, html("figcaption", { text: `AUC of SimA by ${label}; dotted: guessing` }));
  el.append(
    html(
      "div",
      { class: "tdr tdr-scrubber" },
      step.row,
      status,
      html("div", { class: "tdr-panels" }, bars.figure, auc),
    ),
  );
  draw();
}
import { HELD_OUT, histogram, MEMBER, path, scale } from "./charts.js";
import { html, set, slider, svg } from "./dom.js";

export default { render };
