/** A setup file: after each test file, nothing that its calls made may be left on the server, whatever the tests asserted. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import type { UnitEvent } from "../../src/events.ts";
import { isIntegrationEnabled } from "../../src/guard/flag.ts";
import { inHomes } from "../../src/janitor/homes.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { SOON } from "./soon.ts";
import { testTarget } from "./target.ts";

const created = new Set<string>();
const listen = (event: unknown): void => void created.add((event as UnitEvent).name);

beforeAll(() => subscribe("with-test-db", listen));

afterAll(async () => {
  unsubscribe("with-test-db", listen);
  if (created.size === 0 || !isIntegrationEnabled()) return;
  const session = await openSession(await testTarget());
  try {
    // a session that was ended takes a moment to go
    await vi.waitFor(async () => expect((await left(session)).filter((name) => created.has(name))).toEqual([]), SOON);
    // every test has migrations of its own: their homes would fill a small disk
    await sweep(session, { freeAge: 45, homeAge: 45 });
  } finally {
    await session.close();
  }
});

/** Names of databases and sessions; and in our homes, which stay, of schemas and of records. */
async function left(session: Session): Promise<string[]> {
  const found = await session.rows<Named>(
    "select datname as name from pg_database union all select application_name from pg_stat_activity",
  );
  await inHomes(session, async (home) => {
    found.push(...(await home.rows<Named>("select nspname as name from pg_namespace")));
    found.push(...(await home.rows<Named>("select name from with_test_db.unit")));
  });
  return found.map(({ name }) => name);
}

interface Named {
  readonly name: string;
}
