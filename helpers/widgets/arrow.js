// The idea of the book in one picture: how long is the arrow from the mean of the nearby training images to a query?
import { HELD_OUT, MEMBER, path, scale } from "./charts.js";
import { button, html, set, svg } from "./dom.js";
import { phrase } from "./messages.js";
import { normOf } from "./statistics.js";
import { kernelWeights, localMean, predictNoise } from "./theory.js";

// Five images around an empty place, and seven apart.
export const IMAGES = [
  [-0.46, 0.39],
  [-0.75, 0.6],
  [-1.03, 0.4],
  [-0.93, 0.06],
  [-0.58, 0.05],
  [-1.05, -0.55],
  [-0.5, -0.6],
  [0.15, -0.72],
  [0.05, 0.72],
  [0.95, -0.62],
  [1.2, -0.05],
  [0.85, 0.7],
];
const NEW = [0.28, 0.14];
const PLACES = [
  [phrase("arrow.training-image"), IMAGES[11]],
  [phrase("arrow.new-image"), NEW],
  [phrase("arrow.false-alarm"), [-0.75, 0.3]],
];
const ALPHA_BAR = 1 - 0.22 ** 2;
const SHORT = 0.7; // every training image's arrow is shorter
const LONGEST = 2.5; // on the bar
const REACH = 0.04; // so near to a training image a query is that image
const LIMITS = [1.35, 0.95];
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** The length of the arrow at a query. @param {number[]} query */
export const lengthAt = (query) => normOf(predictNoise(query, IMAGES, ALPHA_BAR), 2);

/** What the attack says of a query, and what is the case. @param {number[]} query */
export function verdictAt(query) {
  const short = lengthAt(query) < SHORT;
  const there = IMAGES.some(([x, y]) => Math.hypot(x - query[0], y - query[1]) < REACH);
  const says = short ? phrase("arrow.short") : phrase("arrow.long");
  if (short === there) {
    return phrase("arrow.right", { says, what: there ? phrase("arrow.is-training") : phrase("arrow.is-none") });
  }
  return phrase("arrow.wrong", {
    says,
    what: there ? phrase("arrow.this-is-training") : phrase("arrow.false-alarm-here"),
  });
}

function render({ el }) {
  let query = NEW.slice();
  let gliding = 0;
  const [x, y] = [scale(0, 560, [-1.4, 1.4]), scale(400, 0, [-1, 1])];

  const lines = IMAGES.map(([px, py]) => svg("line", { x1: x(px), y1: y(py), stroke: MEMBER, "stroke-width": 2 }));
  const dots = IMAGES.map(([px, py]) => svg("circle", { cx: x(px), cy: y(py), fill: MEMBER, "data-image": "" }));
  const arrow = svg("line", { stroke: HELD_OUT, "stroke-width": 5, "data-part": "arrow" });
  const head = svg("path", { fill: HELD_OUT });
  const ring = svg("circle", { r: 14, "stroke-width": 3.5, stroke: "currentColor", fill: "none" });
  const hand = svg(
    "g",
    {
      class: "arrow-hand",
      tabindex: 0,
      role: "application",
      "aria-label": phrase("arrow.hand"),
      "data-part": "query",
    },
    svg("circle", { r: 32, fill: "transparent" }), // where a finger finds it
    svg("circle", { r: 14, class: "arrow-pulse", fill: "none", stroke: "currentColor", "stroke-width": 2 }),
    ring,
  );
  const drawing = svg(
    "svg",
    {
      viewBox: "0 0 560 400",
      role: "group",
      "aria-label": phrase("arrow.drawing"),
    },
    ...lines,
    ...dots,
    arrow,
    head,
    hand,
  );
  const status = html("p", { class: "arrow-verdict", role: "status" });
  const bar = html("div", { class: "arrow-length", "aria-hidden": "true", style: `--short: ${SHORT / LONGEST}` });

  function draw() {
    const mean = localMean(query, IMAGES, ALPHA_BAR);
    const [qx, qy] = [x(query[0]), y(query[1])];
    kernelWeights(query, IMAGES, ALPHA_BAR).forEach((weight, i) => {
      set(dots[i], { r: 8 + 5 * Math.sqrt(weight) });
      set(lines[i], { x2: qx, y2: qy, opacity: 0.7 * weight });
    });
    const [sx, sy] = [...mean].map((v, k) => [x, y][k](Math.sqrt(ALPHA_BAR) * v));
    const length = Math.hypot(qx - sx, qy - sy);
    const [ux, uy] = length > 0 ? [(qx - sx) / length, (qy - sy) / length] : [0, 0];
    const tip = length - 17; // at the ring
    const at = (along, aside) => [sx + along * ux - aside * uy, sy + along * uy + aside * ux];
    set(head, {
      d: tip > 16 ? `${path([at(tip, 0), at(tip - 15, 9), at(tip - 15, -9)])}z` : "",
    });
    const [ex, ey] = at(Math.max(0, tip > 16 ? tip - 10 : tip), 0);
    set(arrow, { x1: sx, y1: sy, x2: ex, y2: ey, "data-length": lengthAt(query) });
    set(hand, { transform: `translate(${qx} ${qy})` });
    bar.style.setProperty("--share", String(Math.min(1, lengthAt(query) / LONGEST)));
  }
  function say() {
    status.textContent = verdictAt(query);
  }
  function moveTo(point) {
    cancelAnimationFrame(gliding);
    query = point.map((v, k) => Math.min(LIMITS[k], Math.max(-LIMITS[k], v)));
    draw();
    say();
  }
  function glideTo(point) {
    hand.classList.add("arrow-moved");
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return moveTo(point);
    cancelAnimationFrame(gliding);
    const [from, start] = [query, performance.now()];
    const step = (now) => {
      const share = Math.min(1, Math.max(0, now - start) / 500);
      if (share === 1) return moveTo(point);
      const eased = share * share * (3 - 2 * share);
      query = from.map((v, k) => v + eased * (point[k] - v));
      draw();
      gliding = requestAnimationFrame(step);
    };
    gliding = requestAnimationFrame(step);
  }

  const pointOf = (event) => {
    const box = drawing.getBoundingClientRect();
    return [
      -1.4 + (2.8 * (event.clientX - box.left)) / box.width,
      1 - (2 * (event.clientY - box.top)) / box.height,
    ];
  };
  hand.addEventListener("pointerdown", (event) => {
    hand.setPointerCapture(event.pointerId);
    hand.classList.add("arrow-moved");
  });
  hand.addEventListener("pointermove", (event) => event.buttons && moveTo(pointOf(event)));
  drawing.addEventListener("click", (event) => hand.contains(event.target) || glideTo(pointOf(event)));
  hand.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault(); // the page stays where it is
    hand.classList.add("arrow-moved");
    moveTo(query.map((v, k) => v + (event.shiftKey ? 0.2 : 0.04) * step[k]));
  });

  const places = PLACES.map(([name, place]) => button(name, () => glideTo(place)));
  el.replaceChildren(
    drawing,
    html(
      "div",
      { class: "arrow-panel" },
      html("p", { class: "arrow-name", text: phrase("arrow.length") }),
      bar,
      status,
      html("p", { class: "arrow-name", text: phrase("arrow.drag") }),
      html("div", { class: "arrow-places" }, ...places),
    ),
  );
  moveTo(query);
}

export default { render };
