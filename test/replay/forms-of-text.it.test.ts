import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readObjectNames } from "../../src/catalog/read-object-names.ts";
import type { Session } from "../../src/connections/session.ts";
import { movePublic } from "../../src/replay/move-public.ts";
import { replayOf } from "../../src/replay/replay-of.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { tokenize } from "../../src/sql/lexer.ts";
import { splitStatements } from "../../src/sql/statements.ts";
import { textOf } from "../../src/sql/tokens.ts";
import { dumpSchema } from "../support/dump-schema.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { BASE, FORMS, MADE } from "./forms-of-text.ts";

const ORIGIN = "it_origin";

/** A home in which all of some forms were made, each with names of its own. */
interface Home {
  readonly session: Session;
  readonly own: ReadonlySet<string>;
  readonly owner: string;
  /** The snapshot's statements. */
  readonly statements: readonly string[];
  /** What each form's probe answered before. */
  readonly right: ReadonlyMap<number, string>;
  drop(): Promise<void>;
}

async function makeHome(forms: readonly number[]): Promise<Home> {
  const database: OwnDatabase = await openOwnDatabase(`with_test_db_forms_${forms[0]}_${process.pid}`);
  const { session, target } = database;
  try {
    const numbered = (at: number): string => (FORMS[at]?.[1] ?? "").replace(MADE, `$1_${at}`);
    await session.script("set search_path to public");
    for (const sql of [BASE, ...forms.map(numbered)]) {
      await session.script(sql).catch((cause: Error) => {
        throw new Error(`${cause.message} in ${sql}`, { cause });
      });
    }
    const right = new Map<number, string>();
    for (const at of forms) right.set(at, await probe(session, at, '"$user", public'));
    expect(await movePublic(session, ORIGIN)).toBeUndefined();
    const dump = await dumpSchema(target, ORIGIN);
    const statements = splitStatements(tokenize(dump)).map(({ tokens }) => textOf(tokens));
    const { own } = await readObjectNames(session, ORIGIN);
    return { session, own, owner: target.user, statements, right, drop: () => database.drop() };
  } catch (error) {
    await database.drop();
    throw error;
  }
}

async function probe(session: Session, at: number, path: string): Promise<string> {
  await session.script(`begin; set local search_path to ${path}`);
  const [row] = await session
    .rows<{ answer: string }>(`select probe_${at}() as answer`)
    .catch((error: Error) => [{ answer: `fails: ${error.message}` }]);
  await session.script("rollback");
  return String(row?.answer);
}

describe("the name of a schema in text", () => {
  const homes: Home[] = [];
  beforeAll(async () => {
    const all = FORMS.map((_, at) => at);
    const isAlone = (at: number): boolean => FORMS[at]?.[2] === "alone";
    for (const some of [all.filter((at) => !isAlone(at)), ...all.filter(isAlone).map((at) => [at])]) {
      homes.push(await makeHome(some));
    }
  }, 120_000);
  afterAll(async () => {
    for (const home of homes) await home.drop();
  });

  it.each(FORMS.map(([what, , kind], at) => [what, kind, at] as const))("is right, or a doubt: %s", async (...form) => {
    const [, kind, at] = form;
    const { session, own, owner, statements, right } = homes.find((home) => home.right.has(at)) as Home;
    expect(right.get(at)).not.toMatch(/^fails/);
    const isOurs = (text: string): boolean => !/_\d+\b/.test(text) || new RegExp(`_${at}\\b`).test(text);
    const replay = replayOf(statements.filter(isOurs).join(";\n"), {
      origin: ORIGIN,
      own,
      members: new Map(),
      owner,
      order: new Map(),
    });
    if ("doubt" in replay) return expect(kind === "plain" ? replay.doubt : "not plain").toBe("not plain");

    const as = (name: string, text: string): string => text.replaceAll(ORIGIN, name);
    const [first, then] = [`it_first_${at}`, `it_then_${at}`];
    await session.script(
      `begin; create schema ${ident(first)}; set local check_function_bodies to off; ${as(first, replay.sql)}; commit`,
    );
    const answer = await probe(session, at, `${first}, public`);
    await session.script(
      `begin; alter schema ${ident(first)} rename to ${ident(then)}; ${as(then, replay.boundFunctions)}; commit`,
    );
    expect([answer, await probe(session, at, `${then}, public`)]).toEqual([right.get(at), right.get(at)]);
    await session.script(`drop schema ${then} cascade`);
  });

  it("is tried in many forms", () => {
    expect(FORMS.length).toBeGreaterThan(120);
  });
});
