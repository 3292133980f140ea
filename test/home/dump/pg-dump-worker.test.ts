import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { ownFile } from "../../../src/own-file.ts";

it("a pg_dump that writes no file is told in words, though what is thrown is no Error", async () => {
  const { port1, port2: port } = new MessageChannel();
  const worker = new Worker(ownFile("pg-dump-worker.mjs", "SNAPSHOT_FAILED"), {
    workerData: { signal: new Int32Array(new SharedArrayBuffer(4)), port },
    transferList: [port],
    stdout: true,
  });
  try {
    worker.postMessage(["--version"]);
    const [told] = await once(worker, "message");
    expect(told).toEqual({ failure: "pg_dump could not read or write a file of its own: ErrnoError 44" });
  } finally {
    port1.close();
    await worker.terminate();
  }
});
