import { describe, expect, it } from "vitest";
import type { TableFacts } from "../../src/prove/sql/facts.ts";
import { loadParser } from "../../src/prove/sql/parser.ts";
import { unscopedOf } from "../../src/prove/unscoped.ts";

const parser = await loadParser();

const table = (name: string): TableFacts => ({
  name,
  columns: [
    { name: "id", required: true },
    { name: "org_id", required: true },
    { name: "deleted_at", required: false },
  ],
  keys: [["id"]],
  references: [],
});
const FACTS = [table("projects"), table("tasks")];

const unscoped = (sql: string, ...scopedBy: string[]): string[] => {
  const parsed = parser.parse(sql);
  if ("why" in parsed) throw new Error(parsed.why);
  return unscopedOf(parsed.tree, FACTS, scopedBy).map((each) => `${each.table}.${each.column}`);
};

describe("unscopedOf()", () => {
  it("tells which tables have the column, and no condition on it", () => {
    expect(unscoped("select id from projects where id = $1", "org_id", "deleted_at")).toEqual([
      "projects.org_id",
      "projects.deleted_at",
    ]);
    expect(unscoped("delete from tasks where org_id = $1", "org_id")).toEqual([]);
    expect(unscoped("update tasks set deleted_at = now() where id = $1", "org_id")).toEqual(["tasks.org_id"]);
    expect(unscoped("select id from others", "org_id")).toEqual([]);
    expect(unscoped("insert into tasks (id, org_id) values ($1, $2)", "org_id")).toEqual([]);
    expect(unscoped("select id from projects")).toEqual([]);
  });

  const joined = "select t.id from projects p join tasks t on t.id = p.id where p.org_id = $1 and p.deleted_at is null";

  it("takes a tenant's condition for what is joined, and not one on a column that may be NULL", () => {
    expect(unscoped(joined, "org_id", "deleted_at")).toEqual(["tasks.deleted_at"]);
    expect(unscoped(`${joined} and t.deleted_at is null`, "deleted_at")).toEqual([]);
    expect(
      unscoped("select p.id from projects p join tasks t on t.deleted_at is null and t.id = p.id", "deleted_at"),
    ).toEqual(["projects.deleted_at"]);
  });

  it("looks into subqueries", () => {
    const within =
      "select id from projects where org_id = $1 and exists (select from tasks where tasks.id = projects.id";
    expect(unscoped(`${within})`, "org_id", "deleted_at")).toEqual(["projects.deleted_at", "tasks.deleted_at"]);
    expect(unscoped(`${within} and tasks.deleted_at is null)`, "deleted_at")).toEqual(["projects.deleted_at"]);
  });
});
