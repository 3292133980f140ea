/** Definitions and rows as text: printed under the same settings, whatever those of the session are. */
import type { Session } from "../connections/session.ts";

/** What decides how definitions and rows are printed. */
const PRINTING: Readonly<Record<string, string>> = {
  search_path: "pg_catalog",
  TimeZone: "UTC",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  quote_all_identifiers: "off",
  row_security: "off",
  // a query over every catalog looks expensive, and would be compiled for longer than it runs
  jit: "off",
};

/** Runs `work` with the settings that definitions are printed under, and puts the session's own back. */
export async function pinned<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const apply = (settings: object): Promise<{ name: string; was: string }[]> =>
    session.rows(
      `select name, was, set_config(name, value, false)
        from (select key as name, value, current_setting(key) as was from jsonb_each_text($1::text::jsonb) offset 0) settings`,
      [JSON.stringify(settings)],
    );
  const before = await apply(PRINTING);
  const restore = (): Promise<unknown> => apply(Object.fromEntries(before.map(({ name, was }) => [name, was])));
  try {
    return await work();
  } finally {
    // a transaction that failed refuses this too, and takes the settings back by itself
    await restore().catch(() => {});
  }
}
