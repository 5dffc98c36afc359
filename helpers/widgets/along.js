// A slider over the path from an image to noise: what two models predict there, and how well members are told apart.
import { axes, HELD_OUT, histogram, legend, path, STROKES } from "./charts.js";
import { radios, select, stops } from "./controls.js";
import { diverging, estimate, groupOf, html, longestOf, picture, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { bytesOf, chunk, fromLevels, rowsFrom, traits } from "./traits.js";

const BOX = { left: 44, right: 390, top: 12, floor: 170 };

function render({ model, el }) {
  const [timesteps, sigmas, models, images, size, limit, nMembers, along] = traits(
    model,
    "timesteps",
    "sigmas",
    "models",
    "images",
    "size",
    "limit",
    "n_members",
    "along",
  );
  const [noisy, noise, velocity] = ["noisy", "noise", "velocity"].map((name) => new Uint8Array(bytesOf(model, name)));
  const norms = rowsFrom(model, "norms", model.get("scales"));
  let [at, image, which] = [model.get("start"), 0, models.length - 1];

  const called = ([name, member]) => `${name ? `${name}, ` : ""}${groupOf(member)}`;
  const shown = [phrase("along.noisy"), phrase("along.noise"), phrase("along.velocity")].map((
    text,
    i,
  ) => picture(`along-${i}`, text, size));
  shown.forEach(({ drawing }) => set(drawing, { style: "border: 1px solid var(--line)" }));
  const bars = histogram({ line: phrase("along.this-image") });
  const { x, y, nodes } = axes(
    BOX,
    { range: [0, 1], ticks: [0, 0.5, 1], name: phrase("along.sigma-axis") },
    { range: [0.4, 1], ticks: [0.5, 0.75, 1], dotted: 0.5, name: phrase("common.auc", { attack: "SimA" }) },
  );
  const band = (values) =>
    path([
      ...values.map(([, low], i) => [x(sigmas[i]), y(Math.max(0.4, low))]),
      ...values.map(([, , high], i) => [x(sigmas[i]), y(high)]).reverse(),
    ]) + "Z";
  const dots = models.map((name) =>
    svg("circle", { r: 5, fill: HELD_OUT, stroke: "var(--ground)", "data-point": name })
  );
  const chart = svg(
    "svg",
    {
      viewBox: "0 0 400 210",
      role: "img",
      "aria-label": phrase("along.chart", {
        figures: models.map((name, k) =>
          `${name}: ${along[k].map(([v], i) => phrase("along.at", { auc: v.toFixed(2), sigma: sigmas[i] })).join(", ")}`
        )
          .join(". "),
      }),
    },
    ...nodes,
    ...along.map((values, k) =>
      svg("path", { d: band(values), fill: STROKES[k].stroke, "fill-opacity": 0.12, stroke: "none" })
    ),
    ...along.map((values, k) =>
      svg("path", {
        d: path(values.map(([v], i) => [x(sigmas[i]), y(v)])),
        fill: "none",
        "stroke-width": 2.5,
        ...STROKES[k],
      })
    ),
    ...dots,
  );
  const sentence = (k, i, chosen) => {
    const row = norms[k * timesteps.length + i];
    const own = row[images[chosen][2]];
    const heldOut = row.slice(nMembers);
    const share = heldOut.filter((v) => v > own).length / heldOut.length;
    return phrase("along.status", {
      sigma: sigmas[i].toFixed(2),
      model: models[k],
      norm: own.toFixed(2),
      share: (100 * share).toFixed(0),
      figures: along.map((v, m) => `${estimate(v[i], 2)} (${models[m]})`).join(", "),
    });
  };
  const longest = longestOf(models.map((_, k) => sentence(k, 0, 0)));
  const status = html("p", { class: "tdr-status", role: "status", "data-longest": `${longest}00` });

  function draw() {
    const cell = image * timesteps.length + at;
    const asked = (which * images.length + image) * timesteps.length + at;
    shown[0].draw(fromLevels(chunk(noisy, cell, size ** 2)));
    [noise, velocity].forEach((levels, i) =>
      shown[i + 1].draw(fromLevels(chunk(levels, asked, size ** 2)).map((v) => v * limit), (v) => diverging(v, limit))
    );
    const row = Array.from(norms[which * timesteps.length + at]);
    bars.draw(
      row.slice(0, nMembers),
      row.slice(nMembers),
      Math.min(...row),
      Math.max(...row),
      row[images[image][2]],
    );
    along.forEach((values, k) => set(dots[k], { cx: x(sigmas[at]), cy: y(values[at][0]), "data-auc": values[at][0] }));
    status.textContent = sentence(which, at, image);
  }

  const place = stops({
    label: phrase("along.place"),
    name: "place",
    key: "t",
    values: timesteps,
    at,
    play: true,
    describe: (t, i) => `${sigmas[i].toFixed(2)} (t = ${t})`,
    change: (value) => {
      at = value;
      draw();
    },
  });
  const pick = select({
    label: phrase("common.image"),
    name: "image",
    options: images.map((entry, i) => `${i + 1}: ${called(entry)}`),
    value: image,
    change: (value) => {
      image = value;
      draw();
    },
  });
  const of = radios({
    label: phrase("common.model"),
    name: "model",
    options: models.map((name) => [name, name]),
    value: models[which],
    change: (name) => {
      which = models.indexOf(name);
      draw();
    },
  });
  const key = legend(
    ...models.map((name, k) => [["line", "dashed", "dotted"][k], STROKES[k].stroke, name]),
    ["disc", HELD_OUT, phrase("along.this-place")],
    ["dotted", "var(--quiet)", phrase("common.guessing")],
  );
  draw();
  return panel(
    el,
    "along",
    [of, pick, place],
    of.row,
    pick.row,
    place.row,
    status,
    html("div", { class: "tdr-panels tdr-pictures" }, ...shown.map((s) => s.figure)),
    html("p", { class: "tdr-key", text: phrase("along.key") }),
    html("div", { class: "tdr-panels" }, bars.figure, html("figure", {}, chart, html("figcaption", {}, key))),
  );
}

export default { render };
