// Where a widget gets its files from when there is no site around it; and what the worker runs a network on.
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import test from "node:test";
import { atTimesteps, serve, sourceOf } from "../../helpers/widgets/engine.js";

/** A kernel that answers each request, after another answer that nobody asked for. */
function kernel(files) {
  const listeners = new Set();
  const tell = (content, buffers) => [...listeners].forEach((listen) => listen(content, buffers));
  return {
    listeners,
    on: (_, listen) => listeners.add(listen),
    off: (_, listen) => listeners.delete(listen),
    send({ file }) {
      tell({ file: "another" }, [new DataView(new ArrayBuffer(1))]);
      tell({ file }, [files[file]]);
    },
  };
}

test("files come from the kernel where no site is", async () => {
  globalThis.document = { documentElement: { dataset: {} } };
  const around = Uint8Array.of(9, 1, 2, 3, 9);
  const there = kernel({ a: new DataView(around.buffer, 1, 3), b: Uint8Array.of(4).buffer });
  const get = sourceOf(there);
  deepStrictEqual(new Uint8Array(await get("a")), Uint8Array.of(1, 2, 3));
  deepStrictEqual(new Uint8Array(await get("b")), Uint8Array.of(4));
  deepStrictEqual(there.listeners.size, 0);
});

test("a kernel that never answers is an error", async () => {
  globalThis.document = { documentElement: { dataset: {} } };
  const silent = { ...kernel({}), send: () => {} };
  await rejects(sourceOf(silent, 1)("a"), /kernel does not answer; run this cell again/);
  deepStrictEqual(silent.listeners.size, 0);
});

/** A runtime whose networks predict 0 on the processor and `gap` on WebGPU, if they start there. */
const RUNTIME = `
export const env = { wasm: {}, webgpu: {} };
export class Tensor { constructor(type, data, dims) { Object.assign(this, { type, data, dims }); } }
let running = 0;
export const InferenceSession = {
  async create(bytes, { executionProviders: [kind] }) {
    if (kind === "webgpu" && GAP === null) throw new Error("no adapter");
    env.webgpu.device = Promise.resolve({ lost: new Promise((lose) => (globalThis.lose = lose)) });
    return {
      async run({ x, timestep }) {
        if (running++) throw new Error("two at a time");
        await null;
        running--;
        if (x.dims[0] !== timestep.data.length) throw new Error("shapes differ");
        return { noise: { data: [kind === "webgpu" ? GAP : 0] } };
      },
      release() {},
    };
  },
};`;

/** The worker's answers, in order. */
async function worker(gap, messages) {
  const answers = [];
  const scope = { postMessage: (answer) => answers.push(answer), onmessage: (_) => {} };
  serve(scope);
  const script = `data:text/javascript,${encodeURIComponent(RUNTIME.replaceAll("GAP", String(gap)))}`;
  [{ task: "start", script }, ...messages].forEach((message, id) => scope.onmessage({ data: { id, ...message } }));
  while (answers.length <= messages.length) await new Promise((next) => setTimeout(next, 1));
  return { answers, scope };
}
const asked = atTimesteps(Float32Array.of(1), [3, 4], 1);
const add = { task: "add", name: "n", bytes: [], probe: asked, agree: 1e-3 };

test("WebGPU is used if it agrees with WebAssembly, and its loss is told", async () => {
  const { answers, scope } = await worker(0.9e-3, [add, { task: "ask", name: "n", question: asked }]);
  deepStrictEqual(answers.slice(1), [{ id: 1, answer: "webgpu" }, { id: 2, answer: { noise: [0.9e-3] } }]);
  globalThis.lose({ message: "unplugged" });
  await scope.device.lost;
  deepStrictEqual(answers.at(-1), { lost: "unplugged" });
});

for (
  const [gap, why] of [[1.1e-3, "disagrees"], [-2, "disagrees"], ["NaN", "gives no number"], [null, "does not start"]]
) {
  test(`WebAssembly is used where WebGPU ${why} (${gap})`, async () => {
    const { answers } = await worker(gap, [add, { task: "ask", name: "n", question: asked }]);
    deepStrictEqual(answers.slice(1), [{ id: 1, answer: "wasm" }, { id: 2, answer: { noise: [0] } }]);
  });
}

test("WebGPU is not tried where the page does not ask for it, and one question waits for the other", async () => {
  const ask = { task: "ask", name: "n", question: asked };
  const { answers } = await worker(null, [{ ...add, probe: null }, ask, ask, { ...ask, name: "another" }]);
  deepStrictEqual(answers.slice(1, 4).map(({ answer }) => answer), ["wasm", { noise: [0] }, { noise: [0] }]);
  strictEqual(answers[4].id, 4);
  ok(answers[4].error);
});
