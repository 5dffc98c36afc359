// One image under a timestep slider: clean, noise, and their mixture x_t.
import { axes, HELD_OUT, MEMBER, path } from "./charts.js";
import { timestepSlider } from "./controls.js";
import { button, html, picture, set, svg } from "./dom.js";
import { traits } from "./traits.js";

function render({ model, el }) {
  const [images, noise, alphaBar] = traits(model, "images", "noise", "alphas_cumprod");
  const size = noise.length;
  const timesteps = [...alphaBar.keys()];
  let [chosen, t] = [0, model.get("timestep")];
  const clean = picture("clean", "the clean image x", size);
  const drawn = picture("noise", "the noise ε", size);
  const mixed = picture("mixed", "what the denoiser gets: xₜ", size);
  drawn.draw(noise);

  const [first, last] = [0, alphaBar.length - 1];
  const { x, y, nodes } = axes(
    { left: 30, right: 390, top: 10, floor: 110 },
    { range: [first, last], ticks: [first, last], name: "timestep" },
    { range: [0, 1], ticks: [0, 1] },
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
      "aria-label":
        "The weight of the image falls from one to zero as the timestep rises; the weight of the noise rises from zero to one.",
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
    svg("text", { x: 232, y: 74, text: "weight of the image" }),
    svg("text", { x: 232, y: 28, text: "weight of the noise" }),
    marker,
    ...dots,
  );
  const status = html("p", { class: "tdr-status", role: "status" });

  function draw() {
    const a = Math.sqrt(alphaBar[t]);
    const b = Math.sqrt(1 - alphaBar[t]);
    clean.draw(images[chosen]);
    mixed.draw(images[chosen].map((row, i) => row.map((value, j) => a * value + b * noise[i][j])));
    set(marker, { x1: x(t), x2: x(t) });
    [a, b].forEach((value, i) => set(dots[i], { cx: x(t), cy: y(value) }));
    status.textContent = `t = ${t}: xₜ = ${a.toFixed(3)} × image + ${b.toFixed(3)} × noise`;
  }

  const timestep = timestepSlider({
    timesteps,
    at: t,
    change: (value) => {
      t = value;
      draw();
    },
  });
  const choices = images.map((_, i) =>
    button(`image ${i + 1}`, () => {
      chosen = i;
      choices.forEach((other, j) => other.setAttribute("aria-pressed", i === j));
      draw();
    })
  );
  choices.forEach((choice, i) => choice.setAttribute("aria-pressed", i === 0));
  const pictures = html("div", { class: "tdr-panels tdr-pictures" }, clean.figure, drawn.figure, mixed.figure);
  el.append(
    html(
      "div",
      { class: "tdr tdr-forward" },
      timestep.row,
      html("div", { class: "tdr-row" }, ...choices),
      pictures,
      chart,
      status,
    ),
  );
  draw();
}

export default { render };
