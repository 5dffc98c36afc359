// What a reader may choose of a prompt: one of some pictures, and words of their own.
import { HELD_OUT, MEMBER } from "./charts.js";
import { radios } from "./controls.js";
import { button, html, set } from "./dom.js";
import { phrase } from "./messages.js";
import { photo } from "./sketches.js";

/**
 * Pictures as radio buttons.
 * @param {{names: string[], members: boolean[], levels: (i: number) => ArrayLike<number>, size: number, change: (i: number) => void}} options -
 *   what each shows, which are members, their colours, their side, what to do when another is chosen
 */
export function pictureRadios({ names, members, levels, size, change }) {
  const choice = radios({
    label: phrase("wording.picture"),
    name: "picture",
    options: names.map((_, i) => [String(i), ""]),
    value: "0",
    change: (i) => change(Number(i)),
  });
  choice.inputs.forEach((input, i) => {
    const view = photo(`choice-${i}`, size, {
      "aria-hidden": "true", // the button has the name
      "aria-label": names[i],
      style: `border: 3px ${members[i] ? "solid" : "dashed"} ${members[i] ? MEMBER : HELD_OUT}`,
    });
    view.draw(levels(i));
    set(input, { "aria-label": names[i] });
    set(input.parentElement, { title: names[i], class: "tdr-choice tdr-thumb" });
    input.parentElement.append(view.canvas);
  });
  set(choice.row, { class: "tdr-row tdr-thumbs" });
  return choice;
}

/**
 * A text field whose last word is completed, and what is said about its words.
 * @param {{completions: (text: string) => string[], enter: () => void}} options
 */
export function wordField({ completions, enter }) {
  const own = Math.random().toString(36).slice(2);
  const list = html("datalist", { id: `tdr-list-${own}` });
  const field = html("input", {
    type: "text",
    id: `tdr-words-${own}`,
    list: `tdr-list-${own}`,
    autocomplete: "off",
    maxlength: 120,
    placeholder: phrase("wording.such-as"),
    "data-control": "words",
    oninput: () => list.replaceChildren(...completions(field.value).map((value) => html("option", { value }))),
    onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && enter(),
  });
  const said = html("p", {
    class: "tdr-key",
    role: "status",
    "data-part": "words-said",
    "data-longest": phrase("vocabulary.unknown", {
      word: "0".repeat(21),
      near: "0".repeat(44),
    }),
  });
  const label = html("label", { for: `tdr-words-${own}`, text: phrase("wording.own") });
  const row = html("div", { class: "tdr-row tdr-words" }, label, field, list, button(phrase("wording.tell"), enter));
  return {
    key: "words",
    row,
    said,
    text: () => field.value.trim(),
    read: () => field.value,
    /** The text of an address is put into the field; to tell it is for the reader. @param {string} text */
    write(text) {
      field.value = text.slice(0, 120);
      return true;
    },
    focus: () => field.focus({ preventScroll: true }),
  };
}
