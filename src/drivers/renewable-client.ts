/**
 * A client of postgres.js whose connections can be replaced: by those of another client with the same options, which all calls go
 * to from then on. One client could not do that: a connection that is ended before it was opened is never used again. And all
 * calls can be led into a transaction for a while.
 */
import type { Sql } from "postgres";
import { letDriversPass } from "../connections/drivers-timers.ts";
import type { GuardedSql } from "../connections/held-connections.ts";
import { tellUnit } from "../connections/tell-unit.ts";

/** These have a connection of their own, which has no statements, and whose loss would be noticed. */
const LISTENING: readonly unknown[] = ["listen", "subscribe"];
const ASKING: readonly unknown[] = ["unsafe", "file", "begin", "reserve"];

export interface RenewableClient {
  /** As its user has it. */
  readonly client: Sql;
  /** Replaces the connections; one that is in use stays until it is not. */
  renew(): void;
  /** Leads all calls to something else; to the client itself again where nothing is given. */
  lead(to?: Sql): void;
  /** Whether something was asked, but while calls were led elsewhere, or by `quietly`. */
  readonly asked: { is: boolean };
  /** Asks something that doesn't count. */
  quietly<Result>(ask: (client: Sql) => Result): Result;
}

/**
 * @param another - makes a client like the one that it is given
 * @param unit - the unit that they are bound to
 */
export function renewableClient(
  first: GuardedSql,
  another: (old: GuardedSql) => GuardedSql,
  unit: string | undefined,
): RenewableClient {
  const all = new Set([first]);
  let current = first;
  let transaction: Sql | undefined;
  const asked = { is: false };
  const end = async (options?: { timeout?: number }): Promise<void> => {
    await Promise.all([...all].map((each) => each.end(options)));
  };
  const client = new Proxy(first, {
    apply: (_, self, given) => {
      letDriversPass();
      asked.is ||= !transaction;
      return tellUnit(Reflect.apply(transaction ?? current, self, given), unit);
    },
    get: (_, name) => {
      letDriversPass();
      asked.is ||= !transaction && ASKING.includes(name);
      return name === "end" ? end : Reflect.get(LISTENING.includes(name) ? first : (transaction ?? current), name);
    },
    set: (_, name, value) => Reflect.set(current, name, value),
  });
  const renew = (): void => {
    const old = current;
    current = another(old);
    all.add(current);
    void old.close().then(() => old === first || all.delete(old));
  };
  const lead = (to?: Sql): void => {
    transaction = to;
  };
  const quietly = <Result>(ask: (client: Sql) => Result): Result => {
    const before = asked.is;
    try {
      return ask(client);
    } finally {
      asked.is = before;
    }
  };
  return { client, renew, lead, asked, quietly };
}
