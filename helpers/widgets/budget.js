// What a budget buys: steps, and passes over each image, beside models whose AUC is known.
import { axes, legend, MEMBER, path } from "./charts.js";
import { select, slider } from "./controls.js";
import { html, longestOf, set, svg } from "./dom.js";
import { LANGUAGE, phrase } from "./messages.js";
import { panel } from "./settings.js";
import { traits } from "./traits.js";

const LINES = [["circle", "none", "#009E73"], ["square", "6 3", "#CC79A7"], ["triangle", "2 3", "currentColor"]];
const MARKS = { circle: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0", square: "M-4 -4H4V4H-4Z", triangle: "M0 -5L5 4H-5Z" };
const REACH = [50, 20000]; // passes
const grouped = (value) => Math.round(value).toLocaleString(LANGUAGE);
const rounded = (value) => (value < 10 ? value.toPrecision(2) : grouped(Number(value.toPrecision(3))));

// AUC against passes: a line for each kind of model, and a vertical line where the budget ends.
function passesChart(trained, attack) {
  const auc = phrase("common.auc", { attack });
  const kinds = [...new Set(trained.map((row) => row.where))];
  const height = 250 + 20 * kinds.length;
  const [left, right, top, floor] = [55, 390, 15, 190];
  const drawing = svg("svg", { viewBox: `0 0 400 ${height}`, class: "tdr-chart", role: "img" });
  const { x, y, nodes } = axes(
    { left, right, top, floor },
    {
      range: REACH.map(Math.log10),
      put: Math.log10,
      ticks: [100, 1000, 10000],
      describe: grouped,
      name: phrase("budget.passes"),
    },
    { range: [0.5, 1], ticks: [0.5, 0.75, 1], name: auc },
  );
  const line = svg("line", { y1: top, y2: floor, stroke: MEMBER, "stroke-width": 3, "data-part": "budget" });
  drawing.append(...nodes, line);
  kinds.forEach((kind, k) => {
    const [mark, dashes, colour] = LINES[k % LINES.length];
    const points = trained.filter((row) => row.where === kind).map((row) => [x(row.passes), y(row.auc)]);
    const key = floor + 60 + 20 * k;
    drawing.append(
      svg("path", { d: path(points), fill: "none", stroke: colour, "stroke-width": 2, "stroke-dasharray": dashes }),
      ...points.map(([px, py]) => svg("path", { d: MARKS[mark], fill: colour, transform: `translate(${px} ${py})` })),
      svg("path", { d: MARKS[mark], fill: colour, transform: `translate(${left + 10} ${key - 4})` }),
      svg("text", { x: left + 24, y: key, text: kind }),
    );
  });
  const words = html(
    "figcaption",
    {},
    legend(["line", MEMBER, phrase("budget.ends")]),
    phrase("budget.marks"),
  );
  function draw(passes, name) {
    const at = x(Math.min(REACH[1], Math.max(REACH[0], passes)));
    set(line, { x1: at, x2: at, "data-passes": passes });
    set(drawing, {
      "aria-label": phrase("budget.chart", { auc, recipe: name, passes: rounded(passes) }),
    });
  }
  return { figure: html("figure", { class: "tdr-wide" }, drawing, words), draw };
}

function render({ model, el }) {
  const [recipes, trained, attack, peak, utilisation] = traits(
    model,
    "recipes",
    "trained",
    "attack",
    "peak",
    "utilisation",
  );
  let [at, logHours, doublings, share] = [0, 1, 0, utilisation];
  const chart = passesChart(trained, attack);
  const status = html("p", {
    class: "tdr-status",
    role: "status",
    "data-longest": phrase("budget.status", {
      recipe: longestOf(recipes.map((r) => r.name)),
      steps: grouped(1e8),
      images: grouped(1e6),
      passes: grouped(1e6),
      share: grouped(1e6),
      whole: grouped(1e6),
    }),
  });

  function draw() {
    const { name, images, batch, steps, flops } = recipes[at];
    const operations = 10 ** logHours * 3600 * 2 ** doublings * share * peak;
    const bought = operations / flops;
    const passes = (bought * batch) / images;
    chart.draw(passes, name);
    status.textContent = phrase("budget.status", {
      recipe: name,
      steps: rounded(bought),
      images: grouped(images),
      passes: rounded(passes),
      share: rounded((100 * bought) / steps),
      whole: grouped(steps),
    });
  }

  const recipe = select({
    label: phrase("budget.recipe"),
    name: "recipe",
    options: recipes.map((r) => r.name),
    value: at,
    change: (value) => {
      at = value;
      draw();
    },
  });
  const hours = slider({
    label: phrase("budget.hours"),
    name: "hours",
    min: -1,
    max: 2.5,
    step: 0.05,
    value: logHours,
    describe: (value) => `${rounded(10 ** value)} h`,
    change: (value) => {
      logHours = value;
      draw();
    },
  });
  const gpus = slider({
    label: phrase("budget.gpus"),
    name: "gpus",
    min: 0,
    max: 6,
    value: doublings,
    describe: (value) => String(2 ** value),
    change: (value) => {
      doublings = value;
      draw();
    },
  });
  const use = slider({
    label: phrase("budget.share"),
    name: "utilisation",
    min: 0.02,
    max: 0.6,
    step: 0.01,
    value: share,
    describe: (value) => `${Math.round(100 * value)} %`,
    change: (value) => {
      share = value;
      draw();
    },
  });
  draw();
  return panel(
    el,
    "budget",
    [recipe, hours, gpus, use],
    recipe.row,
    hours.row,
    gpus.row,
    use.row,
    status,
    chart.figure,
  );
}

export default { render };
