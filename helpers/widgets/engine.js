// The trained network, run by ONNX Runtime in a worker: nothing that it does holds up the page.

export const PARTS = { script: "ort.mjs", wasm: "ort.wasm" };

/** What the worker does; it is sent there as text. @param {any} scope - the worker's global object */
function serve(scope) {
  /** @type {any} */
  let ort, session;
  async function start({ script, wasm, model }) {
    ort = await import(script);
    Object.assign(ort.env.wasm, { wasmBinary: wasm, numThreads: 1 });
    session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
  }
  async function ask({ images, timesteps, size }) {
    const n = timesteps.length;
    const x = new ort.Tensor("float32", images, [n, 1, size, size]);
    const timestep = new ort.Tensor("int64", BigInt64Array.from(timesteps, BigInt), [n]);
    return (await session.run({ x, timestep })).noise.data;
  }
  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage({ id: data.id, answer: await { start, ask }[data.task](data) });
    } catch (error) {
      scope.postMessage({ id: data.id, error: String(error?.message ?? error) });
    }
  };
}

const blob = (/** @type {BlobPart} */ content) => URL.createObjectURL(new Blob([content], { type: "text/javascript" }));

/** @param {ArrayBuffer} bytes */
async function checksum(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Engine {
  /**
   * Fetch the parts, and start the network.
   * @param {(name: string) => Promise<ArrayBuffer>} get
   * @param {{model: string, sha256: string, size: number}} wanted - the model's file, its checksum, and the side of its images
   * @param {(text: string) => void} tell - how far it is
   */
  static async open(get, { model, sha256, size }, tell) {
    if (typeof WebAssembly === "undefined") throw new Error("this browser has no WebAssembly");
    const files = {};
    for (const [part, name] of Object.entries({ model, ...PARTS })) {
      tell(`Loading ${name} …`);
      files[part] = await get(name);
    }
    if (globalThis.crypto?.subtle && (await checksum(files.model)) !== sha256) {
      throw new Error("the model's file is damaged");
    }
    tell("Starting the network …");
    const engine = new Engine(size);
    await engine.#send({ task: "start", ...files, script: blob(files.script) });
    return engine;
  }

  /** @type {Map<number, {resolve: (answer: any) => void, reject: (error: Error) => void}>} */
  #waiting = new Map();
  #serial = 0;

  /** @param {number} size */
  constructor(size) {
    this.size = size;
    this.worker = new Worker(blob(`(${serve})(self)`), { type: "module" });
    this.worker.onmessage = ({ data }) => {
      const { resolve, reject } = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.error) reject(new Error(data.error));
      else resolve(data.answer);
    };
    this.worker.onerror = (event) => this.#fail(event.message || "the worker stopped");
  }

  /** @param {string} reason */
  #fail(reason) {
    this.#waiting.forEach(({ reject }) => reject(new Error(reason)));
    this.#waiting.clear();
  }

  /** @param {object} message */
  #send(message) {
    const id = this.#serial++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...message });
    });
  }

  /**
   * The predicted noise of one image at each of these timesteps, one after the other in one array.
   * @param {Float32Array} image @param {number[]} timesteps
   * @returns {Promise<Float32Array>}
   */
  ask(image, timesteps) {
    const images = new Float32Array(image.length * timesteps.length);
    timesteps.forEach((_, i) => images.set(image, i * image.length));
    return this.#send({ task: "ask", images, timesteps, size: this.size });
  }
}

/**
 * How a widget gets a file: from the site that its page belongs to, or from its kernel.
 * @param {any} model - the widget's
 * @returns {(name: string) => Promise<ArrayBuffer>}
 */
export function sourceOf(model) {
  const root = document.documentElement.dataset.content_root;
  if (root !== undefined) {
    return async (name) => {
      if (location.protocol === "file:") throw new Error("a page opened from a file may not load it");
      const response = await fetch(new URL(`${root}_static/${name}`, location.href));
      if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
      return response.arrayBuffer();
    };
  }
  return (name) =>
    new Promise((resolve) => {
      const listen = (content, buffers) => {
        if (content.file !== name) return;
        model.off("msg:custom", listen);
        const view = buffers[0];
        resolve(view.buffer ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : view);
      };
      model.on("msg:custom", listen);
      model.send({ file: name });
    });
}
