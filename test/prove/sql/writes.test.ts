import { describe, expect, it } from "vitest";
import { alterations, defects, ofKind, sqls } from "./altered.ts";

const slug = "insert into orgs (name, slug) values ($1, $2) on conflict (slug)";

describe("an assignment", () => {
  it("of an UPDATE is dropped, with its parameters kept", () => {
    expect(ofKind("update teams t set name = $1, status = 'a' where id = $2", "assignment-dropped")).toMatchObject([
      {
        sql: "UPDATE teams AS t SET name = CASE WHEN true THEN t.name ELSE $1 END, status = 'a' WHERE id = $2",
        defect: "name of teams were left as it is, not set to $1",
        row: "a row of teams to update that has another name before",
      },
      { defect: "status of teams were left as it is, not set to 'a'" },
    ]);
    expect(sqls("update posts set views = default", "assignment-dropped")).toEqual([
      "UPDATE posts SET views = posts.views",
    ]);
  });

  it("of several columns at once is left alone", () => {
    expect(sqls("update teams set (name, status) = ($1, $2)", "assignment-dropped")).toEqual([]);
    expect(sqls("update users set tags[1] = $1", "assignment-dropped")).toEqual([]);
  });

  it("of a conflict is dropped, unless it sets what the conflict was met by", () => {
    expect(defects(`${slug} do update set name = excluded.name, slug = excluded.slug`, "assignment-dropped")).toEqual([
      "name of orgs were left as it is, not set to excluded.name",
    ]);
    expect(defects(`${slug} do update set slug = excluded.name`, "assignment-dropped")).toHaveLength(1);
  });
});

describe("a conflict", () => {
  it("fails, or leaves the row as it is", () => {
    expect(ofKind(`${slug} do nothing`, "conflict-changed")).toMatchObject([
      {
        sql: "INSERT INTO orgs (name, slug) VALUES ($1, $2)",
        defect: "an insert of a row of orgs that is there already failed",
        row: "an insert of a row of orgs that is there already",
      },
    ]);
    expect(ofKind(`${slug} do update set name = excluded.name`, "conflict-changed")).toMatchObject([
      {
        sql: "INSERT INTO orgs (name, slug) VALUES ($1, $2) ON CONFLICT (slug) DO UPDATE SET name = excluded.name WHERE true AND false",
        defect: "a row of orgs that is there already were left as it is",
      },
    ]);
  });
});

describe("RETURNING", () => {
  const emptied = (sql: string): string[] => defects(sql, "returned-column-emptied");

  it("has NULL for a column that somebody chose", () => {
    expect(
      ofKind("insert into orgs (name, slug) values ($1, $2) returning id, slug as key", "returned-column-emptied"),
    ).toMatchObject([
      { defect: "all that is returned came back as NULL", site: "InsertStmt.returningClause.exprs" },
      { defect: "id came back as NULL", site: "InsertStmt.returningClause.exprs.0" },
      { defect: "key came back as NULL", row: "a row to return" },
    ]);
    expect(emptied("update orgs set name = $1 returning id, name")).toHaveLength(3);
    expect(emptied("insert into orgs (name) values ($1) returning id")).toEqual(["id came back as NULL"]);
  });

  it("is left alone where all columns are returned, and where one tells whether there was a row", () => {
    expect(emptied("insert into orgs (name, slug) values ($1, $2) returning *")).toEqual([]);
    expect(emptied("insert into orgs (name, slug) values ($1, $2) returning id, name, slug, plan, deleted_at")).toEqual(
      [],
    );
    expect(emptied("update orgs set name = $1 returning id")).toEqual([]);
    expect(emptied("insert into orgs (name, slug) values ($1, $2) returning id")).toHaveLength(1);
  });
});

describe("a write within a WITH", () => {
  it("is altered as any other", () => {
    const moved = `with gone as (delete from comments where author_id is null returning post_id, body)
      insert into comments (post_id, body) select post_id, body from gone where body <> $1`;
    expect(alterations(moved).map(({ defect }) => defect)).toEqual([
      "rows of gone for which body <> $1 does not hold were inserted too",
      "rows of comments with an author_id were deleted too",
      "body <> $1 were asked the other way round",
      "author_id IS NULL were asked the other way round",
      "all that is returned came back as NULL",
      "post_id came back as NULL",
      "body came back as NULL",
    ]);
  });
});
