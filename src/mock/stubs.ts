/** Stubs for one call are used up in the order in which they were made, before those for every call, of which the latest counts. */
import type { MockCall, MockOperation } from "./mock-call.ts";
import { projectionOf } from "./project.ts";
import { rawResult } from "./raw-result.ts";
import { keyOf, nameOf, type Statement, signatureOf } from "./statement.ts";
import type { Stub, Stubbing } from "./stubbing.ts";

/** What a stub answers with: a result, or an error that is thrown. */
export type Reply = (call: MockCall) => unknown;

/** @returns the result made fit for the query; undefined where the stub is not for it */
type Match = (statement: Statement, sql: string) => ((result: unknown) => unknown) | undefined;

interface Entry {
  /** In words, for what was never asked. */
  readonly what: string;
  readonly matches: Match;
  readonly reply: Reply;
}

/** Any stub, before it has a table's or a query's types. */
interface AnyStub {
  returns(answer: unknown): void;
  rejects(error: Error): void;
  affects(rows: number): void;
}

export class Stubs {
  #once: Entry[] = [];
  #always: Entry[] = [];

  /** The stub for a statement, used up where it is for one call. */
  take(statement: Statement, sql: string): Reply | undefined {
    for (const entries of [this.#once, this.#always.toReversed()]) {
      for (const entry of entries) {
        const made = entry.matches(statement, sql);
        if (!made) continue;
        this.#once = this.#once.filter((other) => other !== entry);
        return async (call) => made(await entry.reply(call));
      }
    }
    return undefined;
  }

  /** What was said for one call that never came. */
  get unused(): string[] {
    return this.#once.map(({ what }) => what);
  }

  clear(): void {
    this.#once = [];
    this.#always = [];
  }

  /** @param statementOf - what a query of {@link Stubbing.query} asks for, and its SQL */
  stubbing<Db>(
    when: "once" | "always",
    statementOf: (build: (db: Db) => PromiseLike<unknown>) => readonly [Statement, string],
  ): Stubbing<Db> {
    const stub = (what: string, matches: Match): AnyStub => {
      const add = (reply: Reply): void => {
        if (when === "once") this.#once = [...this.#once, { what, matches, reply }];
        else this.#always = [...this.#always, { what, matches, reply }];
      };
      return {
        returns: (answer: unknown) => add((call) => (typeof answer === "function" ? answer(call) : answer)),
        rejects: (error) =>
          add(() => {
            throw error;
          }),
        affects: (rows) => add(() => rawResult([], rows)),
      };
    };
    const ofTable = (operation: MockOperation) => (source: unknown) =>
      stub(`${operation} of "${nameOf(source)}"`, ofRows(operation, source));
    return {
      select: ofTable("select"),
      insert: ofTable("insert"),
      update: ofTable("update"),
      delete: ofTable("delete"),
      findMany: ofTable("findMany"),
      findFirst: ofTable("findFirst"),
      count: ofTable("count"),
      execute: (pattern: RegExp | string) => stub(`execute of ${pattern}`, ofText(pattern)),
      query: <Result>(build: (db: Db) => PromiseLike<Result>): Stub<Result> => {
        const [asked, text] = statementOf(build);
        const signature = signatureOf(asked, text);
        return stub(`query: ${text || asked.operation}`, (statement, sql) =>
          signatureOf(statement, sql) === signature ? asResult(statement) : undefined,
        ) as Stub<Result>;
      },
    } as unknown as Stubbing<Db>;
  }
}

function ofRows(operation: MockOperation, source: unknown): Match {
  const key = keyOf(source);
  if (key === undefined)
    throw new TypeError(`mock.on.${operation}() takes a table or a view of your schema, not ${source}`);
  return (statement) => {
    if (statement.operation !== operation || keyOf(statement.source) !== key) return undefined;
    if (operation === "count" || !statement.hasRows) return asResult(statement);
    const project = projectionOf(statement);
    if (!project) return undefined;
    return (result) =>
      Array.isArray(result) ? result.map(project) : result === undefined ? undefined : project(result as never);
  };
}

const squeezed = (sql: string): string => sql.trim().replace(/\s+/g, " ");

const ofText =
  (pattern: RegExp | string): Match =>
  (statement, sql) => {
    if (statement.operation !== "execute") return undefined;
    const isThis = typeof pattern === "string" ? squeezed(sql) === squeezed(pattern) : sql.search(pattern) >= 0;
    return isThis ? asResult(statement) : undefined;
  };

/** What a driver returns where Drizzle maps nothing. */
const asResult =
  ({ operation, hasRows }: Statement) =>
  (result: unknown): unknown =>
    Array.isArray(result) && (operation === "execute" || !hasRows)
      ? "rowCount" in result
        ? result
        : rawResult(hasRows ? result : [], result.length)
      : result;
