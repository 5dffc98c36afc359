// Who is among the accused? Some of them as squares, coloured by truth.
import { HELD_OUT, legend, MEMBER } from "./charts.js";
import { slider, stops } from "./controls.js";
import { html, set, svg } from "./dom.js";
import { LANGUAGE, phrase } from "./messages.js";
import { panel } from "./settings.js";
import { traits } from "./traits.js";

const ACCUSED = 400;

function render({ model, el }) {
  const [fpr, tpr] = traits(model, "fpr", "tpr");
  const columns = 25;
  const cells = Array.from(
    { length: ACCUSED },
    (_, i) => svg("rect", { x: 12 * (i % columns) + 1, y: 12 * Math.floor(i / columns) + 1, width: 10, height: 10 }),
  );
  const drawing = svg("svg", { viewBox: `0 0 ${12 * columns} ${(12 * ACCUSED) / columns}`, role: "img" }, ...cells);
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": phrase("base-rate.status", {
      tpr: "0.000",
      fpr: "0.0000",
      accused: (1e6).toLocaleString(LANGUAGE),
      share: "100.0",
    }),
  });
  const exponents = { min: -4, max: -0.3 };
  let [logBase, at] = [-1, Math.max(fpr.filter((value) => value <= 0.01 + 1e-9).length - 1, 0)];

  function draw() {
    const base = 10 ** logBase;
    const [hits, alarms] = [tpr[at] * base, fpr[at] * (1 - base)];
    if (hits + alarms === 0) {
      status.textContent = phrase("base-rate.none");
      cells.forEach((cell) => set(cell, { visibility: "hidden" }));
      return;
    }
    const ppv = hits / (hits + alarms);
    const right = Math.round(ppv * ACCUSED);
    cells.forEach((cell, i) =>
      set(cell, {
        visibility: "visible",
        fill: i < right ? MEMBER : "none",
        stroke: i < right ? MEMBER : HELD_OUT,
        "stroke-width": 1.5,
        "data-right": i < right,
      })
    );
    set(drawing, { "data-ppv": ppv, "aria-label": phrase("base-rate.drawing", { accused: ACCUSED, members: right }) });
    const perMillion = Math.round((hits + alarms) * 1e6).toLocaleString(LANGUAGE);
    status.textContent = phrase("base-rate.status", {
      tpr: tpr[at].toFixed(3),
      fpr: fpr[at].toFixed(4),
      accused: perMillion,
      share: (100 * ppv).toFixed(1),
    });
  }

  const base = slider({
    label: phrase("base-rate.label"),
    name: "base-rate",
    ...exponents,
    step: 0.05,
    value: logBase,
    describe: (
      value,
    ) => (10 ** value >= 0.01
      ? `${(100 * 10 ** value).toFixed(0)} %`
      : phrase("base-rate.one-in", { n: Math.round(10 ** -value).toLocaleString(LANGUAGE) })),
    change: (value) => {
      logBase = value;
      draw();
    },
  });
  const allowed = stops({
    label: phrase("base-rate.allowed"),
    name: "fpr",
    values: fpr,
    at,
    describe: (rate) => `${(100 * rate).toFixed(2)} %`,
    change: (value) => {
      at = value;
      draw();
    },
  });
  const caption = html(
    "figcaption",
    {},
    `${phrase("base-rate.key", { n: ACCUSED })} `,
    legend(["disc", MEMBER, phrase("common.members")], ["square", HELD_OUT, phrase("base-rate.false")]),
  );
  draw();
  return panel(
    el,
    "base-rate",
    [base, allowed],
    base.row,
    allowed.row,
    status,
    html("figure", { style: "margin: 0; max-width: 360px" }, drawing, caption),
  );
}

export default { render };
