/**
 * Drops homes that nobody needs: of one migrations folder all but the last four, what nobody has used for a week, and what a
 * builder left that died, or a rehearsal. A home goes with its template, and only where nobody has a unit of it.
 */
import { homeLock, isLocked } from "../connections/advisory-lock.ts";
import { inHomes, type OurDatabase, readOurDatabases } from "./homes.ts";
import { sweepUnits } from "./sweep-units.ts";
import { attempt, concerning, dropUnused, type Sweeping } from "./sweeping.ts";

/** How many homes of one migrations folder stay: those of the branches that somebody works on. */
const KEPT = 4;

interface Use {
  readonly home: OurDatabase;
  /** Seconds since the last unit was handed out; 0 while somebody has one. */
  readonly unused: number;
  /** Units that are databases. */
  readonly units: readonly string[];
}

/** @param sweeping - with a session in any database of the server */
export async function sweepHomes(sweeping: Sweeping): Promise<void> {
  const { session, minAge } = sweeping;
  const ours = await readOurDatabases(session);
  const uses = await readUses(
    sweeping,
    (home) => home.age > concerning(sweeping, home).homeAge || siblings(ours, home).length > KEPT,
  );
  for (const { home, unused, units } of uses) {
    const later = uses.filter((other) => other.home.folder === home.folder && other.unused < unused);
    const isLast = later.length < KEPT;
    if (unused > concerning(sweeping, home).homeAge || (!isLast && unused > minAge))
      await dropHome(sweeping, home.name, units);
  }
  const left = await readOurDatabases(session);
  for (const database of left) {
    const { name, what, home, age } = database;
    const hasHome = left.some((other) => other.name === home && other.what === "home");
    const isLost = what === "building" || (what !== "home" && !hasHome);
    // what somebody keeps has no home, and waits as long as one
    const leastAge = what === "kept" ? concerning(sweeping, database).homeAge : minAge;
    if (isLost && age > leastAge) await drop(sweeping, name, home);
  }
}

const siblings = (ours: readonly OurDatabase[], { folder }: OurDatabase): OurDatabase[] =>
  ours.filter((other) => other.what === "home" && other.folder === folder);

/** Units of dead processes keep no home: they are swept first. */
async function readUses(sweeping: Sweeping, isWanted: (home: OurDatabase) => boolean): Promise<Use[]> {
  const uses: Use[] = [];
  await inHomes(
    sweeping.session,
    async (session, home) => {
      await sweepUnits({ ...concerning(sweeping, home), session });
      const [row] = await session.rows<{ unused: number; units: string[] }>(
        `select case when exists (select from with_test_db.unit u where u.state in ('leased', 'kept')) then 0
                     else extract(epoch from now() - h.used_at)::float8 end as unused,
                (select coalesce(jsonb_agg(u.name), '[]') from with_test_db.unit u where u.isolation = 'database') as units
           from with_test_db.home h`,
      );
      if (row) uses.push({ home, ...row });
    },
    isWanted,
  );
  return uses;
}

async function dropHome(sweeping: Sweeping, name: string, units: readonly string[]): Promise<void> {
  const others = (await readOurDatabases(sweeping.session)).filter(
    ({ home, what }) => home === name && what !== "home",
  );
  if (!(await drop(sweeping, name, name))) return;
  for (const other of others.filter((other) => other.what === "template" || units.includes(other.name))) {
    await drop(sweeping, other.name, name);
  }
}

/** Whether it is gone, or would be. What somebody builds stays: at times nobody is connected to it. */
async function drop(sweeping: Sweeping, name: string, home: string): Promise<boolean> {
  await attempt(sweeping, name, async () => {
    if (await isLocked(sweeping.session, homeLock(home), "in any database")) return;
    if (await dropUnused(sweeping, name)) sweeping.databases.push(name);
  });
  return sweeping.databases.includes(name);
}
