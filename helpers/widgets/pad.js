// A bitmap to draw on: with a mouse, a finger, a pen, or the keyboard.
import { HELD_OUT, MEMBER } from "./charts.js";
import { radios, slider } from "./controls.js";
import { button, html, set } from "./dom.js";
import { Drawing, SIDE } from "./drawing.js";
import { phrase } from "./messages.js";

const ZOOM = 8; // canvas pixels to one of the bitmap
const KEYS = phrase("pad.keys");
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {object} options
 * @param {number} options.white - the bitmap's largest value; above 1 there are greys, and the pen's can be chosen
 * @param {number} options.size - of the image that it becomes
 * @param {() => void} options.change - called after whatever changes the bitmap
 */
export function pad({ white, size, change }) {
  const drawing = new Drawing();
  const block = SIDE / size;
  const canvas = html("canvas", {
    width: SIDE * ZOOM,
    height: SIDE * ZOOM,
    class: "tdr-pad",
    tabindex: 0,
    role: "application",
    "aria-label": phrase("pad.area", { width: SIDE, height: SIDE }),
    "data-part": "pad",
  });
  const context = canvas.getContext("2d");
  const said = html("p", { class: "tdr-key", role: "status" });
  let [radius, ink, erasing, cursor] = [1.5, white, false, [SIDE / 2, SIDE / 2]];
  let [down, shown] = [false, false]; // is the pen on the paper, and is the keyboard's cursor to be seen?
  /** @type {number[] | null} */
  let last = null;

  function draw() {
    const picture = context.createImageData(SIDE, SIDE);
    drawing.bitmap.forEach((v, i) => {
      const grey = (255 * v) / white;
      picture.data.set([grey, grey, grey, 255], 4 * i);
    });
    const small = html("canvas", { width: SIDE, height: SIDE });
    small.getContext("2d").putImageData(picture, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, SIDE * ZOOM, SIDE * ZOOM);
    if (!shown) return;
    context.strokeStyle = down ? HELD_OUT : MEMBER;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(cursor[0] * ZOOM, cursor[1] * ZOOM, Math.max(radius, 0.7) * ZOOM, 0, 2 * Math.PI);
    context.stroke();
  }

  function stroke(/** @type {number[]} */ to) {
    drawing.line(last ?? to, to, radius, erasing ? 0 : ink);
    last = to;
    changed();
  }

  function changed() {
    draw();
    change();
  }

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  set(canvas, {
    onpointerdown: (event) => {
      canvas.setPointerCapture(event.pointerId);
      drawing.begin();
      [last, shown] = [null, false];
      stroke(place(event));
    },
    onpointermove: (event) => {
      if (last) (event.getCoalescedEvents?.() ?? [event]).forEach((part) => stroke(place(part)));
    },
    onpointerup: () => (last = null),
    onpointercancel: () => (last = null),
    onblur: () => {
      [down, shown, last] = [false, false, null];
      said.textContent = "";
      draw();
    },
    onkeydown: (event) => {
      const move = ARROWS[event.key];
      const act = { " ": lower, e: swap, u: undo }[event.key.toLowerCase()];
      if (event.ctrlKey || event.metaKey || event.altKey || !(move || act)) return;
      event.preventDefault();
      shown = true;
      if (act) return act();
      cursor = cursor.map((v, k) => Math.min(SIDE - 0.5, Math.max(0.5, v + move[k])));
      said.textContent = phrase("pad.cursor", {
        column: Math.ceil(cursor[0]),
        row: Math.ceil(cursor[1]),
        pen: down ? phrase("pad.down") : phrase("pad.up"),
      });
      if (down) stroke(cursor);
      else draw();
    },
  });

  function lower() {
    down = !down;
    last = null;
    said.textContent = down ? phrase("pad.pen-down") : phrase("pad.pen-up");
    if (!down) return draw();
    drawing.begin();
    stroke(cursor);
  }
  function swap() {
    choose(erasing ? "pen" : "eraser");
    tools.move(erasing ? "eraser" : "pen");
  }
  function choose(tool) {
    erasing = tool === "eraser";
    said.textContent = erasing ? phrase("pad.eraser-said") : phrase("pad.pen-said");
  }
  function undo() {
    drawing.undo();
    changed();
  }

  const tools = radios({
    label: phrase("pad.tool"),
    name: "tool",
    value: "pen",
    options: [["pen", phrase("pad.pen")], ["eraser", phrase("pad.eraser")]],
    change: choose,
  });
  const width = slider({
    label: phrase("pad.width"),
    name: "width",
    min: 0.5,
    max: 3,
    step: 0.5,
    value: radius,
    describe: (v) => phrase("common.of", { k: 2 * v, n: SIDE }),
    change: (v) => (radius = v),
  });
  const brightness = slider({
    label: phrase("pad.brightness"),
    name: "ink",
    min: 5,
    max: 100,
    step: 5,
    value: 100,
    describe: (v) => `${v} %`,
    change: (v) => (ink = Math.round((white * v) / 100)),
  });
  const back = button(phrase("pad.undo"), undo);
  const clear = button(phrase("pad.clear"), () => {
    drawing.clear();
    changed();
  });
  draw();
  return {
    canvas,
    tools: html(
      "div",
      { class: "tdr-tools" },
      tools.row,
      width.row,
      ...(white > 1 ? [brightness.row] : []),
      html("div", { class: "tdr-row" }, back, clear),
      html("p", {
        class: "tdr-key",
        text: phrase("pad.blocks", { side: SIDE, block, keys: KEYS }),
      }),
      said,
    ),
    drawing,
    /** @param {ArrayLike<number>} bitmap */
    load(bitmap) {
      drawing.load(bitmap);
      changed();
    },
    /** @param {boolean} on */
    enable(on) {
      canvas.toggleAttribute("inert", !on);
      for (const control of [back, clear, width.input, brightness.input, ...tools.inputs]) {
        control.disabled = !on;
      }
    },
  };
}
