import { partsOf } from "../home/replay-parts.ts";
import { retarget } from "../retarget/retarget.ts";
export interface Replay { readonly sql: string; readonly seeds: readonly { readonly table: string; readonly sql: string }[]; readonly boundFunctions: string }
export function replayOf(dump: string, f: { origin: string; own: ReadonlySet<string>; members: ReadonlySet<string>; owner: string }): Replay | { doubt: string } {
  const sql = `set local search_path to ${f.origin}, public;\n` + retarget(dump, { from: f.origin, to: f.origin, own: f.own, members: new Map(), owner: f.owner });
  const { seeds, boundFunctions } = partsOf(sql, f.origin);
  return { sql, seeds, boundFunctions };
}
