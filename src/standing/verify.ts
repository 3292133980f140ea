/** Compares a standing database with what the migrations make, object by object. */
import type { AtEnd } from "../at-end.ts";
import { pinned } from "../catalog/pinned.ts";
import type { CatalogObject } from "../catalog/read-catalog.ts";
import { readWhole } from "../catalog/read-whole.ts";
import { inSession, type Session } from "../connections/session.ts";
import { compareCatalogs } from "../proof/compare-catalogs.ts";
import type { Difference } from "../proof/differences-between.ts";
import { ident } from "../sql/identifiers.ts";
import { onDatabase } from "../target/target.ts";
import { shownName } from "../words.ts";
import { faultsOf, readJournal } from "./journal.ts";
import { uncover } from "./put-aside-checks.ts";
import { withReference } from "./reference.ts";
import { isTable, nameOf, type Relation, readRelations } from "./relations.ts";
import { assertSameSteps, type Project, requireStanding, withPlace } from "./standing.ts";

export interface Verified {
  /** What is wrong with the history, in words. */
  readonly history: readonly string[];
  /** The migrations that did not run yet. */
  readonly pending: readonly string[];
  /** Of objects, and of rows that the migrations put in; `unit` is what the database says. */
  readonly differences: readonly Difference[];
}

/** @throws TestDbError `TARGET_INVALID`, `TARGET_REFUSED`, `OPTION_INVALID`, and as the building of a home */
export const verifyStanding = (project: Project, atEnd: AtEnd): Promise<Verified> =>
  withPlace(project, async (session) => {
    assertSameSteps(await requireStanding(session, project), project);
    return inSession(onDatabase(session.target, project.name), async (standing) => {
      const journal = await readJournal(standing, project.migrations);
      const differences = await withReference(session, project, atEnd, (target) =>
        inSession(target, async (reference) => {
          const objects = compareCatalogs(await readObjects(reference), await readObjects(standing));
          await uncover(reference);
          return [...objects, ...(await differingRows(reference, standing))];
        }),
      );
      return { history: faultsOf(journal), pending: journal.pending.map(({ tag }) => tag), differences };
    });
  });

/** Rows and the state of sequences are the users' own. */
const readObjects = async (session: Session): Promise<CatalogObject[]> =>
  (await readWhole(session)).filter(({ kind }) => kind !== "rows" && kind !== "sequence state");

/** Tables of which rows that the migrations put in are gone, or are others now. Columns that are others each time do not count. */
async function differingRows(reference: Session, standing: Session): Promise<Difference[]> {
  const there = new Map((await readRelations(standing)).filter(isTable).map((table) => [nameOf(table), table]));
  const differences: Difference[] = [];
  for (const table of (await readRelations(reference)).filter(isTable)) {
    const counterpart = there.get(nameOf(table));
    if (!counterpart?.isReadable) continue;
    const columns = table.steady.filter((column) => counterpart.columns.includes(column));
    const rows = await hashesOf(reference, table, columns);
    const wanted = rows.reduce((sum, { rows }) => sum + rows, 0);
    if (wanted === 0) continue;
    const found = new Map((await hashesOf(standing, table, columns)).map(({ hash, rows }) => [hash, rows]));
    const kept = rows.reduce((sum, { hash, rows }) => sum + Math.min(rows, found.get(hash) ?? 0), 0);
    if (kept === wanted) continue;
    differences.push({
      ...{ kind: "rows", name: shownName(table), how: "changed" },
      origin: `${wanted}`,
      unit: `${kept} of them are there as they were`,
    });
  }
  return differences;
}

interface Hash {
  readonly hash: string;
  readonly rows: number;
}

const hashesOf = (session: Session, table: Relation, columns: readonly string[]): Promise<Hash[]> =>
  pinned(session, () =>
    session.rows<Hash & Record<string, unknown>>(
      `select md5(row(${columns.map(ident).join(", ")})::text) as hash, count(*)::float8 as rows from only ${nameOf(table)} group by 1`,
    ),
  );
