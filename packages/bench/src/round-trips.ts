/** Counts round trips where they happen: on the wire. One is made when the client speaks after the server has spoken. */
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { withTestDb } from "with-test-db";
import type { Place } from "./contender.ts";
import { schemaOf } from "./project.ts";

/** How long what goes on in the background gets before we count, and before the wire is cut, in milliseconds. */
const BACKGROUND = 300;
/** The median tells them from what the background says meanwhile. */
const REPEATS = 7;

interface Wire {
  readonly url: string;
  readonly turns: number;
  close(): void;
}

/** A proxy before the server. */
async function openWire(url: string): Promise<Wire> {
  const target = new URL(url);
  const { hostname, port } = target;
  const sockets = new Set<Socket>();
  let turns = 0;
  const server = createServer((near) => {
    const far = connect(Number(port || 5432), hostname);
    let clientSpoke = false;
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay(true));
      socket.on("error", () => {});
    }
    near.on("data", (chunk) => {
      if (!clientSpoke) turns++;
      clientSpoke = true;
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      clientSpoke = false;
      near.write(chunk);
    });
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  target.host = `127.0.0.1:${address.port}`;
  return {
    url: target.href,
    get turns() {
      return turns;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The round trips of a function by itself, and of `rollback()` of the same function. */
export async function countRoundTrips({ project, url }: Place): Promise<{ own: number[]; within: number[] }> {
  const wire = await openWire(url.ours);
  try {
    const testDb = await withTestDb({
      schema: schemaOf(project.tables),
      migrationsFolder: project.migrationsFolder,
      url: wire.url,
    });
    const table = sql.identifier(project.written[0] as string);
    const work = async (db: typeof testDb.db): Promise<void> => {
      await db.execute(sql`insert into ${table} (name) values (gen_random_uuid())`);
      await db.execute(sql`select count(*) from ${table}`);
    };
    const count = async (run: () => Promise<void>): Promise<number> => {
      const before = wire.turns;
      await run();
      return wire.turns - before;
    };
    // once unmeasured: a connection is opened, statements are prepared
    await work(testDb.db);
    await testDb.rollback(work);
    await sleep(BACKGROUND);
    const own: number[] = [];
    const within: number[] = [];
    for (let n = 0; n < REPEATS; n++) {
      own.push(await count(() => work(testDb.db)));
      within.push(await count(() => testDb.rollback(work)));
    }
    await testDb.dispose();
    await sleep(BACKGROUND);
    return { own, within };
  } finally {
    wire.close();
  }
}
