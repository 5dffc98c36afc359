// A slider over the number of samples: the nearest one to a member and to a held-out image, and how far each still is.
import { axes, HELD_OUT, legend, MEMBER, path } from "./charts.js";
import { radios, stops } from "./controls.js";
import { estimate, html, picture, set, svg } from "./dom.js";
import { LANGUAGE, phrase } from "./messages.js";
import { panel } from "./settings.js";
import { bytesOf, chunk, fromLevels, traits } from "./traits.js";

const BOX = { left: 44, right: 386, top: 12, floor: 176 };
const COLOURS = [MEMBER, HELD_OUT];
const TEXTS = [
  [phrase("nearest.member"), phrase("nearest.found")],
  [phrase("nearest.held-out"), phrase("nearest.found")],
];

const count = (/** @type {number} */ n) => n.toLocaleString(LANGUAGE);

/** Of how many pairs the first is the nearer one. @param {number[][][]} distances - [group][image][stop] @param {number} at */
export const leads = ([members, others], at) => members.filter((row, i) => row[at] < others[i][at]).length;

function render({ model, el }) {
  const [sizes, numbers, distances, readouts, pairs, size] = traits(
    model,
    "sizes",
    "stops",
    "distances",
    "readouts",
    "pairs",
    "size",
  );
  const images = new Uint8Array(bytesOf(model, "images"));
  const nearest = new Uint8Array(bytesOf(model, "nearest"));
  let [of, pair, at] = [Math.floor(sizes.length / 2), 0, Math.floor(numbers.length / 2)];

  const all = distances.flat(3);
  const top = Math.ceil(Math.max(...all));
  const { x, y, nodes } = axes(
    BOX,
    {
      range: [numbers[0], numbers.at(-1)].map(Math.log10),
      put: Math.log10,
      ticks: [1, 10, 100, 1000, 10_000].filter((n) => n >= numbers[0] && n <= numbers.at(-1)),
      describe: count,
      name: phrase("nearest.samples-axis"),
    },
    { range: [0, top], ticks: [0, 2, 4, 6, 8].filter((v) => v <= top), name: phrase("nearest.distance-axis") },
  );
  const lines = COLOURS.map((stroke, group) =>
    Array.from({ length: pairs }, () => svg("path", { fill: "none", stroke, "data-line": group }))
  );
  const dots = COLOURS.map((fill, group) =>
    svg("circle", { r: 6, fill, stroke: "var(--ground)", "data-point": group ? "held-out" : "member" })
  );
  const drawing = svg("svg", { viewBox: "0 0 400 218", class: "tdr-chart", role: "img" }, ...nodes);
  drawing.append(...lines.flat(), ...dots);
  const pictures = TEXTS.flatMap((texts, group) =>
    texts.map((text, i) => {
      const made = picture(`nearest-${group}-${i}`, text, size);
      set(made.drawing, { style: `border: 2px solid ${COLOURS[group]}` });
      set(made.words, { "data-longest": phrase("nearest.away", { what: phrase("nearest.found"), distance: "10.00" }) });
      return made;
    })
  );

  const sentence = (/** @type {number} */ n, /** @type {number} */ i, /** @type {number} */ k) => {
    const [member, other] = distances[n].map((group) => group[i][k].toFixed(2));
    const auc = readouts[n][k];
    return phrase("nearest.status", {
      n: numbers[k],
      samples: count(numbers[k]),
      member,
      other,
      leads: leads(distances[n], k),
      pairs,
      auc: auc ? ` ${phrase("nearest.auc", { auc: estimate(auc, 2) })}` : "",
    });
  };
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": `${sentence(sizes.length - 1, 0, numbers.length - 1)}00000000`,
  });

  function draw() {
    lines.forEach((group, g) =>
      group.forEach((line, i) => {
        set(line, {
          d: path(distances[of][g][i].map((d, k) => [x(numbers[k]), y(d)])),
          "stroke-width": i === pair ? 3 : 1,
          "stroke-opacity": i === pair ? 1 : 0.3,
          "stroke-dasharray": g ? "6 3" : "none",
        });
      })
    );
    dots.forEach((dot, g) => {
      const value = distances[of][g][pair][at];
      set(dot, { cx: x(numbers[at]), cy: y(value), "data-value": value });
    });
    TEXTS.forEach(([text, found], g) => {
      const [asked, drawn] = pictures.slice(2 * g);
      asked.draw(fromLevels(chunk(images, g * pairs + pair, size ** 2)));
      asked.describe(text);
      const row = ((of * 2 + g) * pairs + pair) * numbers.length + at;
      drawn.draw(fromLevels(chunk(nearest, row, size ** 2)));
      drawn.describe(phrase("nearest.away", { what: found, distance: distances[of][g][pair][at].toFixed(2) }));
    });
    set(drawing, {
      "aria-label": phrase("nearest.chart", {
        members: pairs,
        held_out: pairs,
        lines: TEXTS.map(([text], g) => {
          const row = distances[of][g][pair];
          return phrase("nearest.line", { what: text, from: row[0].toFixed(2), to: row.at(-1).toFixed(2) });
        }).join("; "),
      }),
    });
    status.textContent = sentence(of, pair, at);
  }
  const drawn = stops({
    label: phrase("nearest.samples"),
    name: "samples",
    key: "N",
    values: numbers,
    at,
    play: true,
    describe: count,
    change: (value) => {
      at = value;
      draw();
    },
  });
  const which = stops({
    label: phrase("nearest.pair"),
    name: "pair",
    values: Array.from({ length: pairs }, (_, i) => i + 1),
    at: pair,
    describe: (i) => phrase("common.of", { k: i, n: pairs }),
    change: (value) => {
      pair = value;
      draw();
    },
  });
  const trained = radios({
    label: phrase("nearest.trained"),
    name: "size",
    key: "n",
    options: sizes.map((n) => [String(n), phrase("common.n-images", { n: count(n) })]),
    value: String(sizes[of]),
    change: (n) => {
      of = sizes.indexOf(Number(n));
      draw();
    },
  });
  const key = legend(
    ["line", MEMBER, phrase("common.members")],
    ["dashed", HELD_OUT, phrase("common.held-out-images")],
    ["disc", "currentColor", phrase("nearest.now")],
  );
  draw();
  return panel(
    el,
    "nearest",
    [drawn, which, trained],
    drawn.row,
    which.row,
    trained.row,
    status,
    html(
      "div",
      { class: "tdr-panels" },
      ...TEXTS.map((_, g) =>
        html(
          "div",
          { class: "tdr-panels tdr-pictures" },
          ...pictures.slice(2 * g, 2 * g + 2).map((made) => made.figure),
        )
      ),
    ),
    html(
      "div",
      { class: "tdr-panels" },
      html("figure", {}, drawing, html("figcaption", {}, key)),
    ),
  );
}

export default { render };
