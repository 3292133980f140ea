/**
 * The pool: units that were used before and are as the migrations made them. A unit is renamed when it comes back, and
 * proven pristine before anybody else gets it; the proof runs on the server while its last user goes on.
 */

import type { Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import { unitName } from "../options.ts";
import type { Farewell, FarewellReply } from "../postgres/unit-socket.ts";
import { literal } from "../sql/identifiers.ts";
import { isTooLarge } from "./drop-relations.ts";
import { CONNECTED, dropSchema, IN_THE_WAY, insist, sendOff } from "./drop-schema.ts";

/** How many free units a blueprint keeps at the most. */
const POOL_LIMIT = 32;

/** Takes a unit back. False where somebody dropped it before. */
export async function returnToPool(control: Control, name: string): Promise<boolean> {
  const poolName = unitName("pool");
  const take = `select ${takeBack("$1::text", "$2::text")} as found`;
  if (!(await insist(await control.ready, name, take, [name, poolName]))) return false;
  proveInBackground(control, poolName, name);
  return true;
}

/**
 * The same with the unit's own last connection, where this process has no session yet: it may never need one, unless it
 * goes on calling. The server does the proof, too, even where this process ends at once.
 *
 * @param close - closes the unit's connections; one that is idle is asked
 * @returns whether it was done
 */
export async function leaveToPool(
  control: Control,
  name: string,
  close: (farewell: Farewell) => Promise<FarewellReply | undefined>,
): Promise<boolean> {
  const poolName = unitName("pool");
  const reply = await close({
    query: `select ${takeBack(literal(name), literal(poolName))}`,
    afterwards: control.isRepeated ? undefined : `select ${prove(literal(poolName), literal(name))}`,
  });
  if (reply?.said !== "t") return false;
  void reply.afterwards.then((became) => {
    if (became === undefined || became === BUSY) proveInBackground(control, poolName, name);
  });
  return true;
}

const takeBack = (name: string, poolName: string): string => `with_test_db.take_back_unit(${name}, ${poolName})`;
const prove = (poolName: string, name: string): string => `with_test_db.pool_unit(${poolName}, ${name}, ${POOL_LIMIT})`;
/** What it became, where somebody is still in it. */
const BUSY = "busy";

function proveInBackground(control: Control, poolName: string, name: string): void {
  // should it fail, its record stays, and a sweep finds it
  control.inBackground((session) => poolUnit(session, poolName, name));
}

/** Has one more ready for the next call, when this one found none. */
export function fillPool(control: Control, usedName: string): void {
  control.inBackground(async (session) => {
    await session.rows("select with_test_db.fill_pool($1::text, $2::text)", [usedName, unitName("pool")]);
  });
}

async function poolUnit(session: Session, poolName: string, oldName: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const [row] = await session
      .rows<{ became: string }>(`select ${prove("$1::text", "$2::text")} as became`, [poolName, oldName])
      .catch(async (error) => {
        // it was to be dropped, and that was too much for one transaction
        if (!isTooLarge(error)) throw error;
        await dropSchema(session, poolName);
        return [];
      });
    if (!row) return;
    if (row.became !== BUSY) return;
    if (attempt === 2) {
      await dropSchema(session, poolName);
      return;
    }
    await sendOff(session, CONNECTED, oldName);
    await sendOff(session, IN_THE_WAY, poolName);
  }
}
