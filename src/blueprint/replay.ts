/**
 * Makes a blueprint's snapshot into something that can be replayed under any unit's name, and proves it: a trial unit is
 * made from it and compared with the blueprint, object by object. What can't be replayed exactly is not replayed at all.
 */
import type { Session } from "../connections/session.ts";
import { EXTENSION_SCHEMA } from "../control/extension-schema.ts";
import { unitName } from "../options.ts";
import { ident } from "../sql/identifiers.ts";
import { ensureExtensions, sharedWithOthers } from "./extensions.ts";
import { retarget } from "./old/retarget/retarget.ts";
import type { Retargeting } from "./old/retarget/retargeting.ts";
import { type Reading, readSide, unheard } from "./reading.ts";
import { recordObstacles, tryReplay } from "./try-replay.ts";

/** Makes the snapshot into a replay, tries that, and records it with what stands in its way. */
export async function prepareReplay(session: Session, fingerprint: string, reading: Reading): Promise<void> {
  const refuse = (obstacle: string): Promise<void> => recordObstacles(session, fingerprint, [obstacle]);
  const [names, extensions] = await Promise.all([reading.names, reading.extensions]);
  if (names.ambiguous.length > 0) {
    return refuse(`${names.ambiguous.join(", ")}: names of the project's and of an extension's`);
  }
  const inPublic = extensions.filter(({ schema }) => schema === "public");
  const places = await ensureExtensions(session, inPublic);
  const extensionSchemas = [...new Set(inPublic.map(({ name }) => places.get(name) ?? EXTENSION_SCHEMA))].sort();
  const shared = await sharedWithOthers(session, extensionSchemas);
  if (shared.length > 0) {
    return refuse(`the target's ${shared.join(", ")} holds extensions and other things beside them`);
  }

  const [dump, rolesAreNamed] = await Promise.all([reading.dump, reading.namesRoles]);
  // not before: every message of pg_dump's goes through this thread, and this makes it busy
  const wanted = unheard(readSide(reading.session, "public", reading.dependencies));
  const marker = markerFor(dump);
  const retargeting: Retargeting = {
    from: "public",
    to: marker,
    own: names.own,
    members: new Map([...names.members].map(([name, extension]) => [name, places.get(extension) ?? "public"])),
    owner: session.target.user,
  };
  const sql = [
    // operators that a deparsed definition can't qualify, as in IS DISTINCT FROM, are found as they were in public
    `set local search_path to ${[marker, ...extensionSchemas].map(ident).join(", ")};\n`,
    rolesAreNamed ? USAGE_FOR_ALL(marker) : "",
    retarget(dump, retargeting),
  ].join("");
  await tryReplay(session, fingerprint, { marker, sql, extensionSchemas }, retargeting, wanted);
}

/**
 * Everybody may look into `public`; into a new schema only its owner may. It matters only to who acts as another role,
 * and then a missing right would look like a missing table.
 */
const USAGE_FOR_ALL = (schema: string): string => `grant usage on schema ${ident(schema)} to public;\n`;

/** A name of a unit's form that occurs nowhere in the dump. */
function markerFor(dump: string): string {
  for (;;) {
    const marker = unitName();
    if (!dump.includes(marker)) return marker;
  }
}
