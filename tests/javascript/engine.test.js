// Where a widget gets its files from, where there is no site around it: its kernel.
import { deepStrictEqual } from "node:assert/strict";
import test from "node:test";
import { sourceOf } from "../../helpers/widgets/engine.js";

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
