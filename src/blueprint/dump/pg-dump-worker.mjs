// @ts-check
/**
 * Runs pg_dump, which is WebAssembly, in a worker thread. Its socket is synchronous: what libpq writes goes to the main
 * thread, which owns the real connection, and this thread sleeps until the server's whole reply is there.
 *
 * Plain JavaScript, because it is loaded by file name, from the sources as from the build.
 */
import { once } from "node:events";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { pgDump } from "@electric-sql/pglite-tools/pg_dump";

/** @type {{ signal: Int32Array, port: import("node:worker_threads").MessagePort }} */
const { signal, port } = workerData;

let unsent = Buffer.alloc(0);
let started = false;

/** How many bytes of `unsent` are whole messages; libpq cuts long ones into pieces of 8 kB. */
function wholeMessages() {
  let at = 0;
  let first = !started;
  for (;;) {
    // the first message, the startup packet, has no type byte
    const header = first ? 0 : 1;
    if (at + header + 4 > unsent.length) return at;
    const end = at + header + unsent.readInt32BE(at + header);
    if (end > unsent.length) return at;
    at = end;
    first = false;
  }
}

/** What pg_dump's wrapper needs of a PGlite: everything but the raw protocol is house-keeping of a session it shares. */
const server = {
  query: async () => ({ rows: [{ search_path: "public" }] }),
  exec: async () => {},
  /**
   * @param {Uint8Array} bytes
   * @param {{ onRawData: (bytes: Uint8Array) => void }} options
   */
  execProtocolRawStream(bytes, { onRawData }) {
    unsent = Buffer.concat([unsent, bytes]);
    const whole = wholeMessages();
    if (whole < unsent.length || whole === 0) return;
    const message = unsent;
    unsent = Buffer.alloc(0);
    started = true;
    Atomics.store(signal, 0, 0);
    port.postMessage(message);
    // the notice of the turn before may come only now, where that turn did not have to be waited for
    while (Atomics.load(signal, 0) === 0) Atomics.wait(signal, 0, 0);
    const reply = receiveMessageOnPort(port)?.message;
    if (reply?.length > 0) onRawData(reply);
  },
};

const told = parentPort && once(parentPort, "message");
// to end takes a thread some time of a processor that others need more: it waits until it is made to
parentPort?.on("message", () => {});
// it leaves no file, which the wrapper takes for a failure; but all is loaded and compiled then
// @ts-expect-error the wrapper is typed for a whole PGlite
await pgDump({ pg: server, args: ["--version"] }).catch(() => {});

try {
  const [args] = (await told) ?? [];
  // @ts-expect-error the wrapper is typed for a whole PGlite
  const file = await pgDump({ pg: server, args });
  parentPort?.postMessage({ dump: await file.text() });
} catch (error) {
  parentPort?.postMessage({ failure: error instanceof Error ? error.message : String(error) });
}
