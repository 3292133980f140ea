/**
 * Runs pg_dump, which is WebAssembly, in a worker thread. The socket of libpq is synchronous: what libpq writes goes to the main
 * thread, which owns the real connection, and this thread sleeps until the server's whole reply is there.
 */
import { once } from "node:events";
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { pgDump } from "@electric-sql/pglite-tools/pg_dump";

type Pglite = Parameters<typeof pgDump>[0]["pg"];

const { signal, port } = workerData as { readonly signal: Int32Array; readonly port: MessagePort };

/** Whether bytes are nothing but whole messages; libpq cuts long ones into pieces of 8 kB. */
function areWholeMessages(bytes: Buffer, isFirst: boolean): boolean {
  let at = 0;
  // the first message, the startup packet, has no type byte
  for (let header = isFirst ? 0 : 1; at + header + 4 <= bytes.length; header = 1) {
    at += header + bytes.readInt32BE(at + header);
  }
  return at > 0 && at === bytes.length;
}

/** What pg_dump's wrapper needs of a PGlite. All but the raw protocol is for a session that the wrapper shares with others. */
function connection(): Pglite {
  let unsent = Buffer.alloc(0);
  let isFirst = true;
  return {
    query: async () => ({ rows: [{ search_path: "public" }] }),
    exec: async () => {},
    execProtocolRawStream(bytes: Uint8Array, { onRawData }: { onRawData: (bytes: Uint8Array) => void }): void {
      unsent = Buffer.concat([unsent, bytes]);
      if (!areWholeMessages(unsent, isFirst)) return;
      const message = unsent;
      unsent = Buffer.alloc(0);
      isFirst = false;
      Atomics.store(signal, 0, 0);
      port.postMessage(message);
      // the last turn's notice may come only now, if that turn did not have to be waited for
      while (Atomics.load(signal, 0) === 0) Atomics.wait(signal, 0, 0);
      const reply: Uint8Array | undefined = receiveMessageOnPort(port)?.message;
      if (reply && reply.length > 0) onRawData(reply);
    },
  } as unknown as Pglite;
}

const told = parentPort && once(parentPort, "message");
// a thread that ends by itself takes processor time that others need more: a listener keeps the thread until its parent ends it
parentPort?.on("message", () => {});
// `--version` leaves no file, which the wrapper takes for a failure; but then all is loaded and compiled
await pgDump({ pg: connection(), args: ["--version"] }).catch(() => {});

try {
  const [args] = (await told) ?? [];
  const file = await pgDump({ pg: connection(), args });
  parentPort?.postMessage({ dump: await file.text() });
} catch (error) {
  // what Emscripten's file system throws is no Error, and has no message
  const { name, errno, message } = error as Error & { readonly errno?: number };
  parentPort?.postMessage({
    failure: message ?? `pg_dump could not read or write a file of its own: ${name} ${errno}`,
  });
}
