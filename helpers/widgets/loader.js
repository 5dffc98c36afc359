// The button that brings the networks into the page, and what is said when they do not run there.
import { button, html } from "./dom.js";
import { Engine, kindHere, sourceOf } from "./engine.js";
import { phrase } from "./messages.js";

const PLACES = { wasm: phrase("loader.wasm"), webgpu: phrase("loader.webgpu") };

/**
 * @param {object} options
 * @param {any} options.model - the widget's
 * @param {import("./engine.js").Network[]} options.networks
 * @param {Record<"wasm" | "webgpu", number>} options.bytes - of all there is to load, by what it runs on
 * @param {(network: import("./engine.js").Network) => import("./engine.js").Question} options.probe - where WebGPU has to agree with WebAssembly
 * @param {(running: boolean) => void} options.change - the networks run now, or no longer
 * @param {string} [options.purpose] - what the reader does then, on the button
 * @param {string} [options.given] - what the reader gives
 */
export function loader(
  { model, networks, bytes, probe, change, purpose = phrase("loader.purpose"), given = phrase("loader.given") },
) {
  const n = networks.length;
  /** @type {Engine | null} */
  let engine = null;
  /** @type {"wasm" | "webgpu"} */
  let kind = "wasm";
  /** @type {Error | null} */
  let told = null; // the last error
  const state = html("p", { class: "tdr-key", role: "status", "data-part": "state" });

  function label() {
    load.textContent = phrase("loader.load", { n, size: (bytes[kind] / 2 ** 20).toFixed(1), purpose });
  }
  function stop(/** @type {Error} */ error) {
    const ran = engine;
    [told, engine] = [error, null];
    ran?.close(error);
    load.hidden = false;
    state.textContent = phrase("loader.fails", { n, why: error.message });
    if (ran) change(false);
  }
  function failed(/** @type {Error} */ error) {
    if (error !== told) stop(error); // all that waited for the networks fails with one error
  }
  function lost(/** @type {Error} */ error) {
    kind = "wasm"; // whoever tries again gets what cannot be lost
    label();
    failed(error);
  }
  const load = button("", async () => {
    load.hidden = true;
    const tell = (text) => (state.textContent = text);
    try {
      engine = await Engine.open(sourceOf(model), networks, { kind, probe, tell, lost });
      const place = [...engine.kinds].map((k) => PLACES[k]).join(` ${phrase("common.and")} `);
      tell(phrase("loader.runs", { n, place, given }));
      change(true);
    } catch (error) {
      stop(error);
    }
  });
  label();
  kindHere().then((here) => {
    kind = here;
    label();
  });

  return {
    nodes: [html("div", { class: "tdr-row" }, load), state],
    running: () => Boolean(engine),
    /** @param {import("./engine.js").Network} network @param {import("./engine.js").Question} question */
    async ask(network, question) {
      if (!engine) throw told ?? new Error(phrase("loader.first", { n }));
      return await engine.ask(network, question);
    },
    failed,
    close: () => engine?.close(),
  };
}
