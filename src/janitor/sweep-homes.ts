/**
 * Drops homes that nobody needs: of one migrations folder all but the last four, what nobody has used for a week, and what a
 * builder left that died. A home goes with its template, and only where nobody has a unit of it.
 */
import type { Session } from "../connections/session.ts";
import { inHomes, type OurDatabase, readOurDatabases } from "./homes.ts";
import { attempt, dropUnused, type Sweeping } from "./sweeping.ts";

/** How many homes of one migrations folder stay: those of the branches that somebody works on. */
const KEPT = 4;

interface Use {
  readonly home: OurDatabase;
  /** Seconds since the last unit was handed out. */
  readonly unused: number;
  readonly units: readonly string[];
  /** Whether somebody has a unit. */
  readonly leased: boolean;
}

/** @param sweeping - with a session in any database of the server */
export async function sweepHomes(sweeping: Sweeping): Promise<void> {
  const { session, homeAge, minAge } = sweeping;
  const ours = await readOurDatabases(session);
  const uses = await readUses(session, (home) => home.age > homeAge || siblings(ours, home).length > KEPT);
  for (const { home, unused, units, leased } of uses) {
    const later = uses.filter((other) => other.home.folder === home.folder && other.unused < unused);
    const isOld = unused > homeAge || (later.length >= KEPT && unused > minAge);
    if (isOld && !leased) await dropHome(sweeping, home.name, units);
  }
  const left = await readOurDatabases(session);
  for (const { name, what, home, age } of left) {
    const isLost = what === "building" || (what !== "home" && !left.some((other) => other.name === home));
    if (isLost && age > minAge) await drop(sweeping, name);
  }
}

const siblings = (ours: readonly OurDatabase[], { folder }: OurDatabase): OurDatabase[] =>
  ours.filter((other) => other.what === "home" && other.folder === folder);

async function readUses(session: Session, isWanted: (home: OurDatabase) => boolean): Promise<Use[]> {
  const uses: Use[] = [];
  await inHomes(
    session,
    async (home, database) => {
      const [row] = await home.rows<Omit<Use, "home"> & Record<string, unknown>>(
        `select extract(epoch from now() - h.used_at)::float8 as unused,
                (select coalesce(jsonb_agg(u.name), '[]') from with_test_db.unit u where u.isolation = 'database') as units,
                exists (select from with_test_db.unit u where u.state in ('leased', 'kept')) as leased
           from with_test_db.home h`,
      );
      if (row) uses.push({ home: database, ...row });
    },
    isWanted,
  );
  return uses;
}

async function dropHome(sweeping: Sweeping, name: string, units: readonly string[]): Promise<void> {
  const others = (await readOurDatabases(sweeping.session)).filter(
    ({ home, what }) => home === name && what !== "home",
  );
  if (!(await drop(sweeping, name))) return;
  for (const { name } of others.filter(({ what, name }) => what === "template" || units.includes(name))) {
    await drop(sweeping, name);
  }
}

/** Whether it is gone, or would be. */
async function drop(sweeping: Sweeping, name: string): Promise<boolean> {
  await attempt(sweeping, name, async () => {
    if (await dropUnused(sweeping, name)) sweeping.databases.push(name);
  });
  return sweeping.databases.includes(name);
}
