// A scatter of images: how far their neighbours are against what models say of them. The chosen one is shown with its nearest.
import { axes, HELD_OUT, legend } from "./charts.js";
import { radios, stops } from "./controls.js";
import { html, longestOf, minus, picture, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { panel } from "./settings.js";
import { bytesOf, chunk, fromLevels, rowsFrom, traits } from "./traits.js";

const BOX = { left: 48, right: 390, top: 12, floor: 226 };

/** From a little below the smallest to a little above the largest. @param {ArrayLike<number>} values */
function rangeOf(values) {
  const all = Array.from(values);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return [low - 0.04 * (high - low), high + 0.04 * (high - low)];
}

/** The index of the point nearest to a place. @param {number[][]} points @param {number[]} place */
export function nearestPoint(points, [x, y]) {
  let best = 0;
  let least = Infinity;
  points.forEach(([px, py], i) => {
    const far = (px - x) ** 2 + (py - y) ** 2;
    if (far < least) [best, least] = [i, far];
  });
  return best;
}

function render({ model, el }) {
  const [names, ranks, shows, nearest, size] = traits(model, "names", "ranks", "shows", "nearest", "size");
  const [distance, ...measures] = rowsFrom(model, "values", model.get("scales"));
  const images = new Uint8Array(bytesOf(model, "images"));
  const order = Array.from(distance, (_, i) => i).sort((a, b) => distance[a] - distance[b]);
  let measure = names.length - 1;
  let at = order.length - 1; // in the order of distances

  const shown = [phrase("remembered.this"), phrase("remembered.nearest")].map((text, i) =>
    picture(`remembered-${i}`, text, size)
  );
  shown.forEach(({ drawing, words }) => {
    set(drawing, { style: "border: 1px solid var(--line)" });
    set(words, {
      "data-longest": phrase("remembered.shows", { what: phrase("remembered.nearest"), name: longestOf(shows) }),
    });
  });
  const dots = order.map(() => svg("circle", { r: 2, fill: "currentColor", "fill-opacity": 0.35 }));
  const dot = svg("circle", { r: 6, fill: HELD_OUT, stroke: "var(--ground)", "data-point": "chosen" });
  const drawing = svg("svg", { viewBox: "0 0 400 268", class: "tdr-chart", role: "img", style: "touch-action: pan-y" });
  let points;

  const sentence = (/** @type {number} */ k, /** @type {number} */ m) => {
    const i = order[k];
    const smaller = Array.from(measures[m]).filter((v) => v < measures[m][i]).length;
    return phrase("remembered.status", {
      k: k + 1,
      n: order.length,
      what: shows[i] && `, ${shows[i]}`,
      distance: distance[i].toFixed(2),
      measure: names[m],
      value: minus(measures[m][i].toFixed(2)),
      share: Math.floor(100 * smaller / order.length),
      rank: minus(ranks[m].toFixed(2)),
    });
  };
  const longest = longestOf(names.map((_, m) => sentence(order.length - 1, m)));
  const status = html("p", { class: "tdr-status", role: "status", "data-longest": `${longest}000` });

  function show() {
    const values = measures[measure];
    const [low, high] = rangeOf(values);
    const step = [0.1, 0.2, 0.5, 1, 2, 5].find((s) => (high - low) / s <= 6) ?? 10;
    const ticks = Array.from({ length: 8 }, (_, k) => (Math.ceil(low / step) + k) * step).filter((v) => v <= high);
    const across = rangeOf(distance);
    const { x, y, nodes } = axes(
      BOX,
      {
        range: across,
        ticks: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6].filter((v) => v > across[0] && v < across[1]),
        name: phrase("remembered.distance"),
      },
      {
        range: [low, high],
        ticks,
        describe: (v) => minus(v.toFixed(step < 1 ? 1 : 0)),
        name: names[measure],
        ...(low < 0 && high > 0 && { dotted: 0 }),
      },
    );
    points = order.map((i) => [x(distance[i]), y(values[i])]);
    points.forEach(([cx, cy], k) => set(dots[k], { cx, cy }));
    drawing.replaceChildren(...nodes, ...dots, dot);
    set(drawing, {
      "aria-label": phrase("remembered.chart", {
        measure: names[measure],
        n: order.length,
        rank: ranks[measure].toFixed(2),
      }),
    });
  }
  function draw() {
    const i = order[at];
    [i, nearest[i]].forEach((row, k) => {
      shown[k].draw(fromLevels(chunk(images, row, size ** 2)));
      const text = k ? phrase("remembered.nearest") : phrase("remembered.this");
      shown[k].describe(shows[row] ? `${text}: ${shows[row]}` : text);
    });
    const [cx, cy] = points[at];
    set(dot, { cx, cy, "data-row": i });
    status.textContent = sentence(at, measure);
  }

  const pick = stops({
    label: phrase("remembered.picture"),
    name: "picture",
    values: order,
    at,
    describe: (_, k) => phrase("common.of", { k: k + 1, n: order.length }),
    change: (value) => {
      at = value;
      draw();
    },
  });
  const of = radios({
    label: phrase("remembered.height"),
    name: "measure",
    options: names.map((name) => [name, name]),
    value: names[measure],
    change: (name) => {
      measure = names.indexOf(name);
      show();
      draw();
    },
  });
  /** @param {any} event */
  function point(event) {
    const box = drawing.getBoundingClientRect();
    const place = [(event.clientX - box.left) / box.width * 400, (event.clientY - box.top) / box.height * 268];
    at = nearestPoint(points, place);
    pick.move(at);
    draw();
  }
  drawing.addEventListener("pointermove", point);
  drawing.addEventListener("pointerdown", point);
  show();
  draw();
  return panel(
    el,
    "remembered",
    [of, pick],
    of.row,
    pick.row,
    status,
    html(
      "div",
      { class: "tdr-panels" },
      html(
        "figure",
        { class: "tdr-wide" },
        drawing,
        html(
          "figcaption",
          {},
          legend(
            ["disc", "currentColor", phrase("remembered.a-picture")],
            ["disc", HELD_OUT, phrase("remembered.this-one")],
          ),
        ),
      ),
      html("div", { class: "tdr-panels tdr-pictures" }, ...shown.map((s) => s.figure)),
    ),
  );
}

export default { render };
