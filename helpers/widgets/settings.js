// The frame of a widget: its controls go back to where they started, and an address holds where they stand.
import { button, html } from "./dom.js";
import { phrase } from "./messages.js";

const COPIED = phrase("settings.copied");
const HELD = phrase("settings.held");

/** Has this page an address of ours? In a notebook it belongs to the notebook. */
const onSite = () => document.documentElement.dataset.content_root !== undefined;

/**
 * What an address says: "#explorer?t=50&p=4" names a widget and the settings of its controls.
 * @param {string} hash
 */
export function parsed(hash) {
  const [place, query] = hash.replace(/^#/, "").split("?");
  return { place, settings: query === undefined ? null : new URLSearchParams(query) };
}

/** @param {string} place @param {[string, string][]} settings */
export const addressOf = (place, settings) => `#${place}?${new URLSearchParams(settings)}`;

/** In view, and still there when what stands above has grown; until the reader moves. @param {HTMLElement} node */
function keepInView(node) {
  const watch = new ResizeObserver(() => node.scrollIntoView({ block: "start", behavior: "instant" }));
  const stop = () => watch.disconnect();
  watch.observe(document.body);
  for (const kind of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(kind, stop, { once: true, passive: true });
  }
  setTimeout(stop, 5000);
}

/** A widget is put together before it stands in the page. @param {HTMLElement} node @param {() => void} act */
function whenConnected(node, act, frames = 600) {
  if (node.isConnected) act();
  else if (frames) requestAnimationFrame(() => whenConnected(node, act, frames - 1));
}

/**
 * Put a widget into the page. Its address is its name, with a number where a page has several: explorer, explorer-2.
 * @param {HTMLElement} el
 * @param {string} name
 * @param {import("./controls.js").Control[]} controls - in the order in which they are set, each after what it depends on
 * @param {...(Node | string)} children
 * @returns {() => void} what is to be done when the widget is gone
 */
export function panel(el, name, controls, ...children) {
  const initial = controls.map((control) => control.read());
  const said = html("span", { class: "tdr-said", "aria-live": "polite", "data-longest": HELD });
  const reset = button(phrase("settings.reset"), () => {
    controls.forEach((control) => control.stop?.());
    controls.forEach((control, i) => control.read() !== initial[i] && control.write(initial[i]));
    said.textContent = "";
  });
  const link = button(phrase("settings.link"), async () => {
    const address = addressOf(place(), controls.map((control) => [control.key, control.read()]));
    history.replaceState(history.state, "", address);
    try {
      await navigator.clipboard.writeText(location.href);
      said.textContent = COPIED;
    } catch {
      said.textContent = HELD; // no clipboard, or none for this page
    }
  });
  const node = html(
    "div",
    { class: `tdr tdr-${name}`, "data-widget": name },
    ...children,
    html("div", { class: "tdr-row tdr-foot" }, reset, ...(onSite() ? [link] : []), said),
  );
  el.append(node);

  function place() {
    const before = [...document.querySelectorAll(`[data-widget="${name}"]`)].indexOf(node);
    return before > 0 ? `${name}-${before + 1}` : name;
  }
  function follow() {
    const { place: asked, settings } = parsed(location.hash);
    if (!settings || asked !== place() || !node.isConnected) return;
    for (const control of controls) {
      const text = settings.get(control.key);
      if (text !== null) control.write(text); // what it does not know it leaves as it is
    }
    keepInView(node);
  }
  if (!onSite()) return () => {};
  whenConnected(node, follow);
  addEventListener("hashchange", follow);
  return () => removeEventListener("hashchange", follow);
}
