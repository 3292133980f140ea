/** Our own databases, as tests look into them. */
import { expect, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { onDatabase } from "../../src/target/target.ts";
import { SOON } from "./soon.ts";

/** A session in the home of a unit. */
export async function openHome(
  server: Session,
  unit: { readonly schemaName: string | null; readonly databaseName: string },
): Promise<Session> {
  const name = unit.schemaName ?? unit.databaseName;
  const found = (await readStatus(server)).units.find((recorded) => recorded.name === name);
  if (!found) throw new Error(`no home has a record of ${name}`);
  return openSession(onDatabase(server.target, found.home));
}

/** Waits until every unit that was given back to a home is proven, or gone, or known to have something outside that leans on it. */
export const settled = (home: Session): Promise<void> =>
  vi.waitFor(async () => {
    expect(
      await home.rows(`select u.name from with_test_db.unit u
          where u.state = 'returned' and not exists (select from with_test_db.stray s where u.id = any (s.makers))`),
    ).toEqual([]);
  }, SOON);
