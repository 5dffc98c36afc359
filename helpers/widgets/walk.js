// One dimension of the latent moves, and the decoded image with it.
import { HELD_OUT } from "./charts.js";
import { select, stops } from "./controls.js";
import { diverging, grey, html, longestOf, minus, named, picture, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { bytesOf, chunk, fromLevels, traits } from "./traits.js";

/** Which dimensions the slider stops at. */
const RANKS = [
  phrase("walk.most"),
  phrase("walk.top"),
  phrase("walk.top-quarter"),
  phrase("walk.middle"),
  phrase("walk.last-quarter"),
  phrase("walk.least"),
];
const signed = (v) => (v > 0 ? `+${v}` : minus(v));

function render({ model, el }) {
  const [size, distortions, dimensions, offsets, moved, names] = traits(
    model,
    "size",
    "distortions",
    "dimensions",
    "offsets",
    "moved",
    "names",
  );
  const images = new Uint8Array(bytesOf(model, "images"));
  const decoded = new Uint8Array(bytesOf(model, "decoded"));
  const side = distortions[0][0].length;
  const zero = offsets.indexOf(0);
  let [image, stop, at] = [0, 0, offsets.length - 3];

  const part = (levels, index) => fromLevels(chunk(levels, index, size ** 2));
  const shown = [phrase("walk.image"), phrase("walk.decoded"), phrase("walk.after"), phrase("walk.change")].map((
    caption,
    i,
  ) => picture(`walk-${i}`, caption, size));
  shown.forEach(({ drawing }) => set(drawing, { style: "border: 1px solid var(--line)" }));
  const maps = distortions[0].map((_, c) => picture(`map-${c}`, phrase("walk.channel", { c: c + 1 }), side));
  const marks = maps.map(({ drawing }) => {
    const mark = svg("rect", {
      width: 1,
      height: 1,
      fill: "none",
      stroke: HELD_OUT,
      "stroke-width": 0.25,
      "data-part": "mark",
    });
    drawing.append(mark);
    return mark;
  });
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": phrase("walk.status", {
      dimension: 1000,
      rank: longestOf(RANKS),
      distortion: "00.00",
      step: "+0.5",
      moved: "00.00",
      line: "00.00",
    }),
  });

  function draw() {
    const from = (image * dimensions[0].length + stop) * offsets.length;
    const [before, after] = [zero, at].map((k) => part(decoded, from + k));
    [part(images, image), before, after].forEach((values, i) => shown[i].draw(values));
    shown[0].describe(named(phrase("walk.image"), names[image]));
    const change = after.map((v, i) => v - before[i]);
    shown[3].draw(change, (v) => diverging(v, Math.max(0.2, ...change.map(Math.abs))));
    const all = distortions[image].flat(2);
    const top = Math.max(...all);
    const dimension = dimensions[image][stop];
    maps.forEach((map, c) => {
      map.draw(distortions[image][c], (v) => grey(2 * (v / top) - 1));
      set(map.drawing, {
        "aria-label": phrase("walk.map", { n: side ** 2, c: c + 1 }),
      });
      const here = Math.floor(dimension / side ** 2) === c;
      set(marks[c], {
        visibility: here ? "visible" : "hidden",
        x: dimension % side,
        y: Math.floor((dimension % side ** 2) / side),
      });
    });
    const distortion = all[dimension];
    const [far, promised] = [moved[image][stop][at], distortion * Math.abs(offsets[at])];
    status.textContent = phrase("walk.status", {
      dimension: dimension + 1,
      rank: RANKS[stop],
      distortion: distortion.toFixed(2),
      step: signed(offsets[at]),
      moved: far.toFixed(2),
      line: promised.toFixed(2),
    });
    set(status, { "data-distortion": distortion, "data-moved": far });
  }

  const pick = select({
    label: phrase("common.image"),
    name: "image",
    options: dimensions.map((_, i) => `${i + 1}${names[i] && `: ${names[i]}`}`),
    value: image,
    change: (v) => {
      image = v;
      draw();
    },
  });
  const which = stops({
    label: phrase("walk.dimension"),
    name: "dimension",
    values: RANKS,
    at: stop,
    change: (v) => {
      stop = v;
      draw();
    },
  });
  const step = stops({
    label: phrase("walk.step"),
    name: "step",
    values: offsets,
    at,
    describe: (offset) => `δ = ${signed(offset)}`,
    change: (v) => {
      at = v;
      draw();
    },
  });
  draw();
  return panel(
    el,
    "walk",
    [pick, which, step],
    pick.row,
    which.row,
    step.row,
    status,
    html("div", { class: "tdr-panels tdr-pictures" }, ...shown.map((s) => s.figure)),
    html("p", {
      class: "tdr-key",
      text: phrase("walk.key"),
    }),
    html("div", { class: "tdr-panels tdr-pictures" }, ...maps.map((m) => m.figure)),
  );
}

export default { render };
