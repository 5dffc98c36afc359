// Trained networks, run by ONNX Runtime in a worker: nothing that it does holds up the page.

import { phrase } from "./messages.js";

export const AGREE = 1e-3; // what WebGPU predicts is taken when it is within this of what WebAssembly predicts
const PARTS = {
  wasm: { script: "ort.mjs", wasm: "ort.wasm" },
  webgpu: { script: "ort-gpu.mjs", wasm: "ort-gpu.wasm" },
};

/**
 * An exported model, "networks" of a widget.
 * @typedef {{model: string, sha256: string, size: number}} Network - its file, the file's checksum, the side of its images
 *
 * What it is asked: the type, values and shape of each of its inputs.
 * @typedef {Record<string, [string, any, number[]]>} Question
 */

/** What the worker does; it is sent there as text. @param {any} scope - the worker's global object */
export function serve(scope) {
  /** @type {any} */
  let ort;
  const sessions = {};

  async function start({ script, wasm }) {
    ort = await import(script);
    Object.assign(ort.env.wasm, { wasmBinary: wasm, numThreads: 1 });
  }

  /** Start a network; with a probe, on WebGPU too, which is kept if it agrees. Gives what it runs on. */
  async function add({ name, bytes, probe, agree }) {
    const create = (kind) => ort.InferenceSession.create(new Uint8Array(bytes), { executionProviders: [kind] });
    sessions[name] = await create("wasm");
    if (!probe) return "wasm";
    const expected = await ask({ name, question: probe });
    const slow = sessions[name];
    try {
      sessions[name] = await create("webgpu");
      const answer = await ask({ name, question: probe });
      if (answer.noise.every((v, i) => Math.abs(v - expected.noise[i]) < agree)) {
        await watch();
        await slow.release();
        return "webgpu";
      }
    } catch {
      // what cannot be run there runs on the processor
    }
    sessions[name] = slow;
    return "wasm";
  }

  async function watch() {
    if (scope.device) return;
    scope.device = await ort.env.webgpu.device;
    scope.device.lost.then(({ message }) => scope.postMessage({ lost: message }));
  }

  async function ask({ name, question }) {
    const named = (values, of) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, of(value)]));
    const inputs = named(question, ([type, values, shape]) => new ort.Tensor(type, values, shape));
    return named(await sessions[name].run(inputs), (tensor) => tensor.data);
  }

  async function answer(data) {
    try {
      scope.postMessage({ id: data.id, answer: await { start, add, ask }[data.task](data) });
    } catch (error) {
      scope.postMessage({ id: data.id, error: String(error?.message ?? error) });
    }
  }

  let last = Promise.resolve(); // the runtime does one thing at a time
  scope.onmessage = ({ data }) => {
    last = last.then(() => answer(data));
  };
}

const blob = (/** @type {BlobPart} */ content) => URL.createObjectURL(new Blob([content], { type: "text/javascript" }));

/** @param {ArrayBuffer} bytes */
async function checksum(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What this browser can run a network on. The runtime for WebGPU waits for it inside of WebAssembly ("stack switching"), and
 * an adapter in software would be slower than WebAssembly.
 * @returns {Promise<"wasm" | "webgpu">}
 */
export async function kindHere() {
  if (!("Suspending" in (globalThis.WebAssembly ?? {}))) return "wasm";
  try {
    const adapter = await /** @type {any} */ (navigator).gpu?.requestAdapter();
    return adapter && !adapter.info?.isFallbackAdapter ? "webgpu" : "wasm";
  } catch {
    return "wasm";
  }
}

/** Whole numbers as a network takes them. @param {number[]} numbers @returns {[string, BigInt64Array, number[]]} */
export const integers = (numbers, shape = [numbers.length]) => ["int64", BigInt64Array.from(numbers, BigInt), shape];

/**
 * One grey image at each of these timesteps.
 * @param {Float32Array} image @param {number[]} timesteps @param {number} size @returns {Question}
 */
export function atTimesteps(image, timesteps, size) {
  const images = new Float32Array(image.length * timesteps.length);
  timesteps.forEach((_, i) => images.set(image, i * image.length));
  return { x: ["float32", images, [timesteps.length, 1, size, size]], timestep: integers(timesteps) };
}

export class Engine {
  /**
   * Fetch the runtime and the networks, and start them.
   * @param {(name: string) => Promise<ArrayBuffer>} get
   * @param {Network[]} networks
   * @param {{kind: "wasm" | "webgpu", probe: (network: Network) => Question, tell: (text: string) => void, lost: (error: Error) => void}} options -
   *   what to run on; where both have to agree; how far it is; what to do when the graphics processor is gone
   */
  static async open(get, networks, { kind, probe, tell, lost }) {
    if (typeof WebAssembly === "undefined") throw new Error(phrase("engine.no-wasm"));
    const load = (name) => {
      tell(phrase("engine.loading", { file: name }));
      return get(name);
    };
    const { script, wasm } = PARTS[kind];
    const engine = new Engine(lost);
    try {
      const [source, runtime] = [blob(await load(script)), await load(wasm)];
      await engine.#send({ task: "start", script: source, wasm: runtime }, [runtime]);
      for (const network of networks) {
        const { model, sha256 } = network;
        const bytes = await load(model);
        if (globalThis.crypto?.subtle && (await checksum(bytes)) !== sha256) {
          throw new Error(phrase("engine.damaged"));
        }
        tell(phrase("engine.starting", { file: model }));
        const asked = kind === "webgpu" ? probe(network) : null;
        engine.kinds.add(await engine.#send({ task: "add", name: model, bytes, probe: asked, agree: AGREE }, [bytes]));
      }
    } catch (error) {
      engine.close();
      throw error;
    }
    return engine;
  }

  /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();
  #serial = 0;
  /** @type {Set<string>} of what the networks run on */
  kinds = new Set();

  /** @param {(error: Error) => void} lost */
  constructor(lost) {
    this.worker = new Worker(blob(`(${serve})(self)`), { type: "module" });
    this.worker.onmessage = ({ data }) => {
      if ("lost" in data) {
        const error = new Error(phrase("engine.lost"));
        this.#fail(error);
        return lost(error);
      }
      const { resolve, reject } = this.#waiting.get(data.id) ?? {};
      this.#waiting.delete(data.id);
      if (data.error) reject?.(new Error(data.error));
      else resolve?.(data.answer);
    };
    this.worker.onerror = (event) => this.#fail(new Error(event.message || phrase("engine.worker")));
  }

  /** Whoever waits for an answer learns why none will come. */
  close(error = new Error(phrase("engine.stopped"))) {
    this.worker.terminate();
    this.#fail(error);
  }

  /** @param {Error} error */
  #fail(error) {
    this.#waiting.forEach(({ reject }) => reject(error));
    this.#waiting.clear();
  }

  /** @param {object} message @param {Transferable[]} given - what of it goes over without a copy */
  #send(message, given = []) {
    const id = this.#serial++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...message }, given);
    });
  }

  /**
   * What a network answers: its outputs by their names, each in one array.
   * @param {Network} network @param {Question} question
   * @returns {Promise<any>}
   */
  ask({ model }, question) {
    return this.#send({ task: "ask", name: model, question });
  }
}

/** A file bit by bit, since a large one as a whole would hold up the page. @param {Response} response */
async function bodyOf(response) {
  const parts = [];
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  for (let next = await reader.read(); next.value; next = await reader.read()) parts.push(next.value);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((start, part) => (bytes.set(part, start), start + part.length), 0);
  return bytes.buffer;
}

/**
 * How a widget gets a file: from the site that its page belongs to, or from its kernel.
 * @param {any} model - the widget's
 * @param {number} patience - milliseconds after which a kernel that has not answered counts as gone
 * @returns {(name: string) => Promise<ArrayBuffer>}
 */
export function sourceOf(model, patience = 60_000) {
  const root = document.documentElement.dataset.content_root;
  if (root !== undefined) {
    return async (name) => {
      if (location.protocol === "file:") throw new Error(phrase("engine.from-file"));
      const response = await fetch(new URL(`${root}_static/${name}`, location.href));
      if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
      return bodyOf(response);
    };
  }
  return (name) =>
    new Promise((resolve, reject) => {
      const gone = setTimeout(() => {
        model.off("msg:custom", listen);
        reject(new Error(phrase("engine.no-kernel")));
      }, patience);
      const listen = (content, buffers) => {
        if (content.file !== name) return;
        clearTimeout(gone);
        model.off("msg:custom", listen);
        const view = buffers[0];
        resolve(view.buffer ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : view);
      };
      model.on("msg:custom", listen);
      model.send({ file: name });
    });
}
