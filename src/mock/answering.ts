/**
 * In place of a server: what Drizzle sends is recorded, and answered by a stub. Drizzle writes the SQL, fills in placeholders and wraps
 * errors; rows it does not map, since a stub has them as a query's result has them.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { fillPlaceholders } from "drizzle-orm";
import { describeCall, type Render } from "./describe-call.ts";
import type { MockCall } from "./mock-call.ts";
import { noNumber, noStub, type Tables } from "./not-stubbed.ts";
import { rawResult } from "./raw-result.ts";
import type { Query } from "./recording-db.ts";
import { last, type Step, statementOf } from "./statement.ts";
import type { Stubs } from "./stubs.ts";

interface Running extends Query {
  readonly depth: number;
  answer?: { readonly result: unknown };
  /** Thrown as it is: it says what to do, which "Failed query" would hide. */
  refusal?: Error;
}

export class Answering {
  readonly calls: MockCall[] = [];
  /** What was thrown for want of a stub, and may have been caught by the code under test. */
  readonly refusals: Error[] = [];
  readonly #stubs: Stubs;
  readonly #tables: Tables;
  readonly #render: Render;
  /** Queries run at the same time, and Drizzle does not tell a driver which one it sends. */
  readonly #running = new AsyncLocalStorage<Running>();

  constructor(stubs: Stubs, tables: Tables, render: Render) {
    this.#stubs = stubs;
    this.#tables = tables;
    this.#render = render;
  }

  clear(): void {
    this.calls.length = 0;
    this.refusals.length = 0;
  }

  async run(query: Query, depth: number, send: () => PromiseLike<unknown>): Promise<unknown> {
    const running: Running = { ...query, depth };
    return this.#running.run(running, async () => {
      try {
        const sent = await send();
        return running.answer ? running.answer.result : sent;
      } catch (error) {
        throw running.refusal ?? error;
      }
    });
  }

  /** What drizzle-orm/pg-proxy calls. What it throws is wrapped by Drizzle, as what a server says. */
  readonly send = async (sql: string, params: unknown[], method: string): Promise<{ rows: unknown[] }> => {
    const running = this.#running.getStore() ?? { steps: [], table: undefined, depth: 0 };
    const statement = statementOf(running.steps, running.table);
    const filled = (running.placeholders ?? {}) as Readonly<Record<string, unknown>>;
    const sent = { sql, params, transaction: running.depth };
    const call = describeCall(statement, sent, filled, (text) => {
      const rendered = this.#render(text);
      return { ...rendered, params: fillPlaceholders([...rendered.params], filled) };
    });
    this.calls.push(call);
    const reply = this.#stubs.take(statement, sql);
    if (!reply && statement.hasRows) {
      running.refusal = noStub(call, statement, this.#tables);
      this.refusals.push(running.refusal);
      throw running.refusal;
    }
    const written = (): number | (() => never) =>
      numberOfRows(call, statement.steps) ??
      (() => {
        throw noNumber(call, statement, this.#tables);
      });
    const result = reply ? await reply(call) : rawResult([], written());
    running.answer = { result };
    if (statement.operation !== "count") return { rows: [] };
    return { rows: [method === "execute" ? { count: result } : [result]] };
  };
}

/** The number that an insert writes, if that can be known; how many rows a condition finds can't. */
const numberOfRows = ({ values }: MockCall, steps: readonly Step[]): number | undefined =>
  last(steps, "onConflictDoNothing") || last(steps, "onConflictDoUpdate") ? undefined : values?.length;
