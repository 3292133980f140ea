/** What a home's replay makes, under its origin's name: read where a home is exported, made and compared where it is imported. */
import { readCatalog } from "../../catalog/read-catalog.ts";
import { readDependencies } from "../../catalog/read-dependencies.ts";
import type { Session } from "../../connections/session.ts";
import { compareCatalogs } from "../../proof/compare-catalogs.ts";
import type { Difference, Side } from "../../proof/differences-between.ts";
import type { Replay } from "../../replay/replay-of.ts";
import { ident } from "../../sql/identifiers.ts";

export interface Origin {
  readonly origin: string;
  readonly replay: Replay;
}

const making = ({ origin, replay }: Origin): string =>
  `create schema ${ident(origin)}; set local check_function_bodies to off; ${replay.sql}`;

/** In a transaction that is rolled back, in which the origin has another name. A replay was proven when the home was built. */
export async function readReplayed(session: Session, home: Origin): Promise<Side> {
  const aside = `alter schema ${ident(home.origin)} rename to ${ident(`${home.origin}_aside`)}`;
  // nobody is told of DDL that is none
  await session.script(`begin; set local with_test_db.quiet to 'on'; ${aside}; ${making(home)}`);
  try {
    return await readMade(session, home.origin);
  } finally {
    await session.script("rollback");
  }
}

/**
 * Makes a home's first unit. Returns how it differs from what was read; the database is of no use then. The origin is left without
 * content: units are made from the replay.
 */
export async function makeFirstUnit(
  session: Session,
  home: Origin,
  wanted: Side,
  firstUnit: string,
): Promise<Difference[]> {
  const { origin, replay } = home;
  await session.script(`begin; ${making(home)} commit`);
  const made = await readMade(session, origin);
  const differences = [...compareCatalogs(wanted.objects, made.objects), ...differingReferences(wanted, made)];
  if (differences.length > 0)
    return differences.map((each) => ({ ...each, name: each.name.replace(`${origin}.`, "") }));
  await session.script(
    `begin; alter schema ${ident(origin)} rename to ${ident(firstUnit)};
     ${replay.boundFunctions.replaceAll(origin, firstUnit)}; create schema ${ident(origin)}; commit`,
  );
  return [];
}

const readMade = async (session: Session, schema: string): Promise<Side> => ({
  references: await readDependencies(session, schema),
  objects: await readCatalog(session, { schema }),
});

function differingReferences({ references: wanted }: Side, { references: made }: Side): Difference[] {
  const [expected, found] = [wanted, made].map((side) => new Set(side.map((each) => JSON.stringify(each))));
  return [
    ...wanted.filter((each) => !found?.has(JSON.stringify(each))),
    ...made.filter((each) => !expected?.has(JSON.stringify(each))),
  ].map(({ kind, name, to }) => ({ kind, name, how: "changed", unit: `refers to ${to.kind} ${to.name}` }));
}
