/** What is counted on of the wrapper of pg_dump: docs/decisions/what-is-counted-on.md. Read in @electric-sql/pglite-tools 0.4.8. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pgDump } from "@electric-sql/pglite-tools/pg_dump";
import { describe, expect, it } from "vitest";

type Answer = (message: Buffer) => Buffer;

/** Runs pg_dump, and tells what it asked of its PGlite, and how it ended. */
async function run(args: string[], answer: Answer = () => Buffer.alloc(0)) {
  const messages: Buffer[] = [];
  const used: string[] = [];
  const pglite = {
    async query(text: string) {
      used.push(text);
      return { rows: [{ search_path: "public" }] };
    },
    async exec(text: string) {
      used.push(text);
    },
    execProtocolRawStream(bytes: Uint8Array, { onRawData }: { onRawData: (bytes: Uint8Array) => void }) {
      const message = Buffer.from(bytes);
      messages.push(message);
      const said = answer(message);
      if (said.length > 0) onRawData(said);
    },
  };
  const pg = new Proxy(pglite, {
    get(target, name) {
      if (!(name in target)) used.push(String(name));
      return Reflect.get(target, name);
    },
  }) as unknown as Parameters<typeof pgDump>[0]["pg"];
  const ended: unknown = await pgDump({ pg, args }).then(
    (file) => file,
    (error: unknown) => error,
  );
  return { messages, used, ended };
}

const message = (type: string, body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const FULL = message("E", Buffer.from("SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"));
const CONNECTION = [
  ...["dbname='a b'", "user='it''s'", "password='p w'", "sslmode='disable'", "gssencmode='disable'"],
  ...["application_name='with-test-db snapshot'", "options='-c search_path=pg_catalog'"],
]
  .join(" ")
  .replace("it''s", "it\\'s");

describe("pg_dump in WebAssembly", () => {
  it("asks of a PGlite nothing but two queries, a script and the raw protocol", async () => {
    const { used } = await run(["-d", CONNECTION], () => FULL);
    expect([...new Set(used)]).toEqual(["SHOW SEARCH_PATH;", "DEALLOCATE ALL", "SET SEARCH_PATH = public"]);
  });

  it("is loaded by --version, which asks no server", async () => {
    const { messages, ended } = await run(["--version"]);
    expect(messages).toEqual([]);
    // it has left no file
    expect(ended).toMatchObject({ name: "ErrnoError" });
  });

  it("begins with a startup packet as its connection string says, in spite of the user that is added to it", async () => {
    const { messages } = await run(["-d", CONNECTION], () => FULL);
    const words = messages[0]?.toString("utf8", 8).split("\0") ?? [];
    expect(messages[0]?.readInt32BE(0)).toBe(messages[0]?.length);
    expect(messages[0]?.readInt32BE(4)).toBe(3 << 16);
    const told = Object.fromEntries(words.flatMap((word, at) => (at % 2 === 0 && word ? [[word, words[at + 1]]] : [])));
    expect(told).toMatchObject({
      ...{ user: "it's", database: "a b", application_name: "with-test-db snapshot" },
      options: "-c search_path=pg_catalog",
    });
  });

  it("fails with the server's words in its own", async () => {
    const { ended } = await run(["-d", CONNECTION], () => FULL);
    expect(ended).toMatchObject({ message: expect.stringMatching(/exit code 1.*sorry, too many clients already/s) });
  });

  it("hands a long message over in pieces", async () => {
    const { messages } = await run(["-d", `dbname=x options='${"x".repeat(20_000)}'`], (first) =>
      first.length < first.readInt32BE(0) ? Buffer.alloc(0) : FULL,
    );
    expect(messages.length).toBeGreaterThan(1);
    expect(messages[0]?.readInt32BE(0)).toBe(Buffer.concat(messages).length);
  });

  it("takes an offer of channel binding on a connection that it does not encrypt itself for an attack", async () => {
    const kinds = Buffer.from("\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0", "latin1");
    const { ended } = await run(["-d", CONNECTION], () => message("R", kinds));
    expect(ended).toMatchObject({ message: expect.stringContaining("SCRAM-SHA-256-PLUS") });
  });

  it("is one file of WebAssembly beside its module", () => {
    const folder = dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite-tools/pg_dump"));
    expect(readdirSync(folder).filter((name) => !/\.(c?js|d\.c?ts|map)$/.test(name))).toEqual(["pg_dump.wasm"]);
  });
});
