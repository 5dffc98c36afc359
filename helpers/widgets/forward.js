// One image under a timestep slider: clean, noise, and their mixture x_t.
import { axes, HELD_OUT, legend, MEMBER, path } from "./charts.js";
import { radios, timestepSlider } from "./controls.js";
import { html, named, picture, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { traits } from "./traits.js";

function render({ model, el }) {
  const [images, noise, alphaBar, names] = traits(model, "images", "noise", "alphas_cumprod", "names");
  const size = noise.length;
  const timesteps = [...alphaBar.keys()];
  let [chosen, t] = [0, model.get("timestep")];
  const clean = picture("clean", phrase("forward.clean"), size);
  const drawn = picture("noise", phrase("forward.noise"), size);
  const mixed = picture("mixed", phrase("forward.mixed"), size);
  drawn.draw(noise);

  const [first, last] = [0, alphaBar.length - 1];
  const { x, y, nodes } = axes(
    { left: 40, right: 390, top: 10, floor: 110 },
    { range: [first, last], ticks: [first, last], name: phrase("common.timestep") },
    { range: [0, 1], ticks: [0, 1], name: phrase("forward.weight") },
  );
  const curve = (f) => path(alphaBar.map((a, i) => [x(i), y(f(a))]));
  const marker = svg("line", { y1: 10, y2: 110, stroke: "currentColor", "stroke-dasharray": "3 3" });
  const dots = [MEMBER, HELD_OUT].map((colour) => svg("circle", { r: 5, fill: colour }));
  const chart = svg(
    "svg",
    {
      viewBox: "0 0 400 134",
      class: "tdr-chart",
      role: "img",
      "aria-label": phrase("forward.chart"),
    },
    ...nodes,
    svg("path", { d: curve(Math.sqrt), stroke: MEMBER, "stroke-width": 2, fill: "none" }),
    svg("path", {
      d: curve((a) => Math.sqrt(1 - a)),
      stroke: HELD_OUT,
      "stroke-width": 2,
      fill: "none",
      "stroke-dasharray": "7 3",
    }),
    marker,
    ...dots,
  );
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": phrase("forward.status", { t: 999, image: "0.000", noise: "0.000" }),
  });

  function draw() {
    const a = Math.sqrt(alphaBar[t]);
    const b = Math.sqrt(1 - alphaBar[t]);
    clean.draw(images[chosen]);
    clean.describe(named(phrase("forward.clean"), names[chosen]));
    mixed.draw(images[chosen].map((row, i) => row.map((value, j) => a * value + b * noise[i][j])));
    set(marker, { x1: x(t), x2: x(t) });
    [a, b].forEach((value, i) => set(dots[i], { cx: x(t), cy: y(value) }));
    status.textContent = phrase("forward.status", { t, image: a.toFixed(3), noise: b.toFixed(3) });
  }

  const timestep = timestepSlider({
    timesteps,
    at: t,
    change: (value) => {
      t = value;
      draw();
    },
  });
  const image = radios({
    label: phrase("common.image"),
    name: "image",
    options: images.map((_, i) => [String(i + 1), names[i] || phrase("forward.image", { i: i + 1 })]),
    value: "1",
    change: (i) => {
      chosen = Number(i) - 1;
      draw();
    },
  });
  const pictures = html("div", { class: "tdr-panels tdr-pictures" }, clean.figure, drawn.figure, mixed.figure);
  const key = legend(
    ["line", MEMBER, phrase("forward.image-weight")],
    ["dashed", HELD_OUT, phrase("forward.noise-weight")],
  );
  draw();
  return panel(
    el,
    "forward",
    [image, timestep],
    image.row,
    timestep.row,
    status,
    pictures,
    html("figure", {}, chart, html("figcaption", {}, key)),
  );
}

export default { render };
