/**
 * Makes what was migrated into an origin that schemas are made from: `public` gets another name, its dump becomes a replay, and a
 * trial unit proves that. What can't be replayed exactly is not replayed at all.
 */
import { openSession, type Session } from "../connections/session.ts";
import type { MadeFor } from "../control/databases.ts";
import { unitName } from "../options.ts";
import type { Side } from "../proof/differences-between.ts";
import { movePublic } from "../replay/move-public.ts";
import { isRefusedForContent } from "../replay/refused.ts";
import { replayOf } from "../replay/replay-of.ts";
import { tryReplay } from "../replay/try-replay.ts";
import { postgresError, postgresWords } from "../sql/sqlstate.ts";
import type { PgDump } from "./dump/pg-dump.ts";
import { beginReading, readSide, unheard } from "./reading.ts";
import { recordSchemas } from "./record-home.ts";

/** Returns why no schema can hold exactly what is there; undefined where the home is done. */
export async function makeOrigin(
  reader: Session,
  pgDump: PgDump,
  { madeFor, deadline }: { readonly madeFor: MadeFor; readonly deadline: number },
): Promise<string | undefined> {
  const origin = unitName("origin");
  const opening = unheard(openSession(reader.target, {}, { reconnects: false, deadline }));
  try {
    const stuck = await movePublic(reader, origin);
    if (stuck !== undefined) return stuck;
    const reading = beginReading(reader, origin, pgDump);
    const session = await opening;
    const { CONTROL_DDL } = await import("../control/control-ddl.ts");
    const controlling = unheard(session.script(`begin; ${CONTROL_DDL} commit`));
    const [own, members, order, dump] = await Promise.all([reading.own, reading.members, reading.order, reading.dump]);
    // not before: every message of pg_dump's goes through this thread, and this makes it busy
    const read = (): Promise<Side> => readSide(reader, origin, reading.dependencies);
    const wanted = unheard(read());
    const replay = replayOf(dump, { origin, own, members, order, owner: reader.target.user });
    await controlling;
    if ("doubt" in replay) return replay.doubt;
    const firstUnit = unitName("pool");
    const difference = await tryReplay(session, { origin, members, replay, wanted, read, firstUnit });
    if (difference !== undefined) return difference;
    await recordSchemas(session, madeFor, origin, replay, firstUnit);
    return undefined;
  } catch (error) {
    if (!isRefusedForContent(error)) throw error;
    const refused = postgresError(error);
    return `it can't be dumped: ${refused ? postgresWords(refused) : String(error)}`;
  } finally {
    await opening.then((session) => session.close()).catch(() => {});
  }
}
