/** Calls one of our functions where a unit is: on one of its client's own connections, or with a session of ours. */
import type { Control } from "../control/control.ts";
import type { Connection } from "../drivers/driver.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { outsideTransaction } from "./outside-transaction.ts";
import { reserveWithin } from "./reserve-within.ts";

/** How long the client may take to have an idle connection, in milliseconds. */
const IDLE_WITHIN = 200;

/**
 * Calls on one of the client's own connections; with a session of ours where the client has none to spare, or that is in a transaction.
 *
 * @param call - SQL; a null stands for nothing
 */
export async function callFunction(
  control: Control,
  call: string,
  connection: Connection<unknown>,
): Promise<string | null> {
  const reserved = await reserveWithin(IDLE_WITHIN, connection);
  try {
    const { value = null } = (await reserved?.ask(outsideTransaction(`coalesce(${call}, '')`))) ?? {};
    if (value !== null) return value || null;
  } catch (error) {
    if (postgresError(error)?.code === SQLSTATE.lockNotAvailable) throw error;
  } finally {
    reserved?.release();
  }
  const session = await control.session();
  const [row] = await session.rows<{ answer: string | null }>(`select ${call} as answer`);
  return row?.answer ?? null;
}
