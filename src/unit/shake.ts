/**
 * Hands a unit out with its rows in another order, its sequences ahead and other plans, all drawn from a seed: a test that relies on the
 * order of inserting, or on `id = 1`, fails, and fails again with the same seed. Loaded only where TEST_DB_SHAKE asks for it.
 */
import { createHash, randomInt } from "node:crypto";
import { inSession, type Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import { DRIZZLES_JOURNAL } from "../migrations/journal-table.ts";
import { noticeOnce } from "../notice.ts";
import { shellWord } from "../sql/identifiers.ts";
import { onDatabase } from "../target/target.ts";
import { isNew } from "./database-state.ts";
import type { Pristine } from "./measure-database.ts";
import { type Original, shaking } from "./shaking.ts";
import type { Unit } from "./unit.ts";

/** What a seed makes of a unit. */
export interface Shake {
  /** What repeats it: `TEST_DB_SHAKE=abc`. */
  readonly repeat: string;
  /** Settings for every connection to the unit. */
  readonly settings: Readonly<Record<string, string>>;
  /**
   * Shakes what is as the migrations left it; what was shaken before, or written by a test, stays.
   *
   * @param refilled - as `truncateUnit()` returns it; undefined where the whole unit is as the migrations left it
   */
  apply(control: Control, unit: Unit, refilled?: readonly string[]): Promise<void>;
}

export const VARIABLE = "TEST_DB_SHAKE";
const OFF: readonly string[] = ["", "0", "false", "no", "off"];

/**
 * @param value - a seed: any word or number; `random` draws one, for all of this process and those that it starts
 * @returns undefined where the value says no
 */
export function shakeOf(value: string): Shake | undefined {
  const given = value.trim();
  if (OFF.includes(given.toLowerCase())) return undefined;
  const seed = given.toLowerCase() === "random" ? randomInt(36 ** 4, 36 ** 5).toString(36) : given;
  process.env[VARIABLE] = seed;
  const repeat = `${VARIABLE}=${shellWord(seed)}`;
  noticeOnce(
    `${VARIABLE}=${shellWord(given)}: units are shaken (rows of the migrations in another order, sequences ahead, other plans); repeat with ${repeat}`,
  );
  return {
    repeat,
    settings: settingsOf(seed),
    apply: (control, unit, refilled) =>
      (unit.isolation === "schema" ? shakeSchema : shakeDatabase)(control, unit, seed, refilled),
  };
}

/** Ways to join, of which one is left out, and ways to group, of which one is. */
const DRAWN = [
  ["enable_hashjoin", "enable_mergejoin", "enable_nestloop"],
  ["enable_sort", "enable_hashagg"],
] as const;

/**
 * Without a scan of the whole table, and without a bitmap, which reads in the order of the table, rows that a condition or a join asks for
 * come in the order of an index.
 */
function settingsOf(seed: string): Record<string, string> {
  const digest = createHash("md5").update(seed).digest();
  const drawn = DRAWN.map((ways, index) => ways[(digest[index] ?? 0) % ways.length] as string);
  return Object.fromEntries(["enable_seqscan", "enable_bitmapscan", ...drawn].map((name) => [name, "off"]));
}

async function shakeSchema(
  control: Control,
  { name }: Unit,
  seed: string,
  refilled: readonly string[] | undefined,
): Promise<void> {
  const session = await control.session();
  const found = await session.rows<{ original: Original }>(
    `select jsonb_build_object(
              'tables', (select coalesce(jsonb_agg(jsonb_build_object('oid', t.oid::text, 'rows', t.rows,
                                  'isOriginal', case when $2::text::boolean then 'true' else format('xmin = %L', coalesce(u.seed_xids[t.place], u.build_xid)) end)), '[]')
                           from rows from (unnest(u.tables), unnest(h.row_counts)) with ordinality t (oid, rows, place) where t.rows > 1),
              'sequences', (select coalesce(jsonb_agg(jsonb_build_object('oid', s.oid::text, 'last', s.last::text, 'called', s.called)), '[]')
                              from rows from (unnest(u.sequences), unnest(h.positions), unnest(h.called)) s (oid, last, called))) as original
       from with_test_db.unit u, with_test_db.home h where u.name = $1::text`,
    [name, String(refilled === undefined)],
  );
  await shakeIn(session, found[0]?.original, seed, `${name}, public`);
}

async function shakeDatabase(
  control: Control,
  { name }: Unit,
  seed: string,
  refilled: readonly string[] | undefined,
): Promise<void> {
  const session = await control.session();
  const [home] = await session.rows<{ pristine: string }>("select pristine from with_test_db.home");
  if (!home) return;
  const { filled, sequences, since } = JSON.parse(home.pristine) as Pristine;
  const tables = filled
    .filter(({ isView, rows }) => !isView && rows !== "1")
    .map(({ oid, rows }) => ({
      oid,
      rows,
      isOriginal: (refilled?.includes(oid) ?? true) ? "true" : `not (${isNew(since)})`,
    }));
  await inSession(onDatabase(session.target, name), (inside) =>
    shakeIn(inside, { tables, sequences }, seed, '"$user", public'),
  );
}

const shakeIn = async (
  session: Session,
  original: Original | undefined,
  seed: string,
  searchPath: string,
): Promise<void> => {
  if (original) await session.script(shaking(original, seed, { searchPath, leaveAlone: DRIZZLES_JOURNAL.table }));
};
