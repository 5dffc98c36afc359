// A network that fails leads to one line for the reader, and to nothing that nobody catches: that would fail the test.
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import test from "node:test";
import { html } from "../../helpers/widgets/dom.js";
import { atTimesteps, Engine, kindHere } from "../../helpers/widgets/engine.js";
import { latest } from "../../helpers/widgets/latest.js";
import { loader } from "../../helpers/widgets/loader.js";
import { trail } from "../../helpers/widgets/trail.js";
import { find, installPage, until } from "./page.js";

installPage();
Object.defineProperty(globalThis, "crypto", { value: {} }); // as in a page without https: checksums are not looked at
const image = Float32Array.of(0.5, -0.5, 0.1, 0);
const training = [Float32Array.of(1, -1, 1, -1), Float32Array.of(-1, 1, -1, 1)];

/** The trail, begun with a network that answers so many times and fails then. */
function begun(answers, error = new Error("the graphics processor was lost")) {
  let asked = 0;
  const ask = (y) => (asked++ < answers ? Promise.resolve(y.map(() => 0)) : Promise.reject(error));
  const made = trail({ training, size: 2, ask });
  made.start(image, 50, 0.9, true);
  const said = find(made.node, "data-part", "trail");
  find(made.node, "class", "tdr-button").click();
  return { made, said, asked: () => asked };
}

test("the closed form goes on where the network fails, and the reader is told once", async () => {
  const { said, asked } = begun(3);
  await until(() => said.textContent.startsWith("Step 30"));
  match(
    said.textContent,
    /closed form: 0\.\d+ from member 0; trained network: .*, where it stopped: the graphics processor/,
  );
  strictEqual(asked(), 4);
});

test("a run that was left behind says nothing when it fails", async () => {
  let fail;
  const made = trail({ training, size: 2, ask: () => new Promise((_, reject) => (fail = reject)) });
  made.start(image, 50, 0.9, true);
  find(made.node, "class", "tdr-button").click();
  await until(() => fail);
  made.start(image, 60, 0.9, false);
  fail(new Error("too late"));
  await new Promise((next) => setTimeout(next, 5));
  match(find(made.node, "data-part", "trail").textContent, /^Step 0 at t = 60\..*trained network: load it above/);
});

/** A worker that starts whatever it is told to, and answers nothing that it is asked then. */
class SilentWorker {
  static last;
  constructor() {
    SilentWorker.last = this;
  }
  postMessage({ id, task }) {
    if (task !== "ask") queueMicrotask(() => this.onmessage({ data: { id, answer: "wasm" } }));
  }
  terminate() {}
}
const network = { model: "n.onnx", sha256: "", size: 2 };
const question = atTimesteps(image, [50], 2);

/** The loader in a page of a site that has these files. */
function loading(respond, changes = []) {
  document.documentElement.dataset.content_root = "";
  Object.assign(globalThis, { Worker: SilentWorker, location: new URL("http://site/"), fetch: respond });
  const made = loader({
    model: {},
    networks: [network],
    bytes: { wasm: 1, webgpu: 1 },
    probe: (network) => atTimesteps(image, [50], network.size),
    change: (running) => changes.push(running),
  });
  const root = html("div", {}, ...made.nodes);
  return { made, changes, load: find(root, "class", "tdr-button"), state: find(root, "data-part", "state") };
}
const empty = () => Promise.resolve(new Response(""));

test("what cannot be fetched leads to a message, and may be tried again", async () => {
  const { load, state, changes } = loading(() => Promise.reject(new Error("no connection")));
  load.click();
  await until(() => state.textContent.includes("no connection"));
  match(state.textContent, /^The network does not run here: no connection\. The examples/);
  deepStrictEqual([changes, load.hidden], [[], false]);
});

test("all questions fail when the network is lost, and the message says why and no more", async () => {
  const { made, load, state, changes } = loading(empty);
  load.click();
  await until(() => changes.length);
  ok(made.running());
  const questions = [1, 2].map(() => made.ask(network, question).catch(made.failed));
  SilentWorker.last.onmessage({ data: { lost: "unplugged" } });
  await Promise.all(questions);
  match(state.textContent, /^The network does not run here: the graphics processor was lost\./);
  deepStrictEqual([changes, load.hidden, made.running()], [[true, false], false, false]);
  await rejects(made.ask(network, question), /the graphics processor was lost/);
  made.failed(new Error("a mistake in the page"));
  match(state.textContent, /^The network does not run here: a mistake in the page\./);
  strictEqual(changes.length, 2); // what is not there cannot go
});

test("one failed question ends those that wait beside it", async () => {
  const { made, load, state, changes } = loading(empty);
  load.click();
  await until(() => changes.length);
  const questions = [1, 2].map(() => made.ask(network, question).catch(made.failed));
  await until(() => SilentWorker.last);
  SilentWorker.last.onmessage({ data: { id: 2, error: "out of memory" } });
  await Promise.all(questions);
  match(state.textContent, /does not run here: out of memory\./);
});

test("a closed engine answers whoever still waits", async () => {
  const engine = new Engine(() => {});
  const answer = engine.ask(network, question);
  engine.close();
  await rejects(answer, /it was stopped/);
});

test("a browser whose graphics processor cannot even be asked for has none", async () => {
  Object.defineProperty(navigator, "gpu", {
    value: {
      requestAdapter() {
        throw new Error("blocked");
      },
    },
    configurable: true,
  });
  WebAssembly.Suspending ??= class {};
  strictEqual(await kindHere(), "wasm");
});

test("the newest question is asked after the one before it failed, whose error nobody needs", async () => {
  const settle = [];
  const ask = latest(() => new Promise((resolve, reject) => settle.push({ resolve, reject })));
  const first = ask();
  ask();
  ask();
  settle[0].reject(new Error("lost"));
  await until(() => settle.length === 2);
  settle[1].resolve();
  await first;
  const last = ask();
  settle[2].reject(new Error("lost again"));
  await rejects(last, /lost again/);
});
