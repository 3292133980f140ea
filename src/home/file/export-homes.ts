/** Takes the homes of a migrations folder into a file. They are only read, while others may use them. */
import { readWhole } from "../../catalog/read-whole.ts";
import { inSession, type Session } from "../../connections/session.ts";
import { inHomes } from "../../janitor/homes.ts";
import { folderKey } from "../../migrations/fingerprint.ts";
import type { Migrations } from "../../migrations/read-migrations.ts";
import type { Replay } from "../../replay/replay-of.ts";
import { onDatabase, type Target } from "../../target/target.ts";
import { startPgDump } from "../dump/pg-dump.ts";
import { readHome } from "../record-home.ts";
import { OUR_SCHEMAS, readAround, readOrders, restorable } from "./around.ts";
import { readReplayed } from "./first-unit.ts";
import { type FileHome, HOME_FORMAT, type HomeFile } from "./home-file.ts";

interface HomeRecord {
  readonly isolation: "schema" | "database";
  readonly reasons: readonly string[];
  readonly origin: string;
  readonly replay: string;
  readonly seeds: Replay["seeds"];
  readonly bound: string;
  readonly template: string;
}

/** How long to wait for a connection, in milliseconds. */
const DEADLINE = 60_000;

/** Every home that is whole, and was made for this folder, this database and this role. */
export const exportHomes = (target: Target, migrations: Migrations): Promise<HomeFile> =>
  inSession(target, async (session) => {
    const homes: FileHome[] = [];
    const folder = folderKey(migrations, target);
    await inHomes(
      session,
      async (home) => {
        const whole = await readHome(home.target, DEADLINE);
        if (whole?.lacks === null) homes.push(await exportHome(home));
      },
      (database) => database.folder === folder,
    );
    const { user, database } = target;
    const serverMajor = Math.floor(session.serverVersion / 10_000);
    return { made: { format: HOME_FORMAT, serverMajor, user, database }, homes };
  });

async function exportHome(home: Session): Promise<FileHome> {
  const [record] = await home.rows<HomeRecord & Record<string, unknown>>(
    `select isolation, to_jsonb(reasons) as reasons, origin, replay, seeds, bound_functions as bound, template from with_test_db.home`,
  );
  const { isolation, reasons, origin, replay, seeds, bound, template } = record as HomeRecord;
  const name = home.target.database;
  if (isolation === "database") {
    const target = onDatabase(home.target, template);
    return inSession(target, async (session) => ({
      ...{ name, isolation, reasons },
      objects: await readWhole(session),
      dump: restorable(await dumpOf(target), await readOrders(session)),
    }));
  }
  const made = { origin, replay: { sql: replay, seeds, boundFunctions: bound } };
  return {
    ...{ name, isolation, ...made },
    side: await readReplayed(home, made),
    objects: await readAround(home),
    dump: restorable(await dumpOf(home.target, OUR_SCHEMAS), await readOrders(home)),
  };
}

async function dumpOf(target: Target, except?: readonly string[]): Promise<string> {
  const pgDump = startPgDump(DEADLINE);
  try {
    return await pgDump.dumpDatabase(target, except);
  } finally {
    await pgDump.discard();
  }
}
