import { describe, expect, it } from "vitest";
import { defects, ofKind, sqls } from "./altered.ts";

describe("a key of GROUP BY", () => {
  const changed = (sql: string): string[] => sqls(sql, "grouping-changed");

  it("is dropped, and what it was selected for is of any row of the group", () => {
    expect(
      ofKind("select status, author_id, count(*) from posts group by status, author_id", "grouping-changed"),
    ).toMatchObject([
      {
        sql: "SELECT (array_agg(status))[1] AS status, author_id, count(*) FROM posts GROUP BY author_id",
        defect: "rows of posts with different status became one",
        row: "two rows of posts that differ in status alone, of what is grouped by",
      },
      { sql: "SELECT status, (array_agg(author_id))[1] AS author_id, count(*) FROM posts GROUP BY status" },
    ]);
    expect(changed("select status as s, count(*) from posts group by s order by s")).toEqual([
      "SELECT (array_agg(status))[1] AS s, count(*) FROM posts ORDER BY s",
    ]);
    expect(changed("select upper(status), count(*) from posts group by 1 having min(views) > 1 order by 2")).toEqual([
      "SELECT upper((array_agg(status))[1]), count(*) FROM posts HAVING min(views) > 1 ORDER BY 2",
    ]);
  });

  it("says nothing where the others tell groups apart, or all rows have one value of it", () => {
    expect(
      defects(
        "select u.id, u.name, count(p.id) from users u left join posts p on p.author_id = u.id group by u.id, u.name",
        "grouping-changed",
      ),
    ).toEqual(["rows of users with different u.id became one"]);
    expect(changed("select count(*) from posts where author_id = $1 group by author_id")).toEqual([]);
    expect(changed("select count(*) from posts where author_id = $1 or views = 1 group by author_id")).toHaveLength(1);
    expect(changed("select manager_id, name from users group by manager_id, name")).toHaveLength(2);
    expect(changed("select status from posts group by rollup (status, author_id)")).toEqual([]);
    expect(changed("select u.*, count(*) from users u group by u.id")).toEqual([]);
  });
});

describe("an aggregate", () => {
  it.each([
    ["min(views)", ["CASE WHEN true THEN max(views) ELSE min(views) END"]],
    ["max(views)", ["CASE WHEN true THEN min(views) ELSE max(views) END"]],
    ["sum(views)", ["CASE WHEN true THEN max(views) ELSE sum(views) END"]],
    ["avg(views)", ["CASE WHEN true THEN max(views) ELSE avg(views) END"]],
    ["bool_and(views > 1)", ["CASE WHEN true THEN bool_or(views > 1) ELSE bool_and(views > 1) END"]],
    ["count(body)", ["count(*)"]],
    ["count(distinct body)", ["count(body)"]],
    ["sum(distinct views)", ["sum(views)"]],
    ["array_agg(distinct body)", ["array_agg(body)"]],
    ["max(distinct views)", ["CASE WHEN true THEN min(DISTINCT views) ELSE max(DISTINCT views) END"]],
    ["count(*)", []],
    ["count(1)", []],
    ["count(title)", []],
    ["count(distinct id)", []],
    ["sum(views) over (order by id)", []],
  ])("%s", (aggregate, changed) => {
    expect(sqls(`select ${aggregate} from posts`, "aggregate-changed")).toEqual(
      changed.map((each) => `SELECT ${each} FROM posts`),
    );
  });

  it("counts rows without a value where there may be some", () => {
    const counted = (sql: string): string[] => defects(`select ${sql}`, "aggregate-changed");
    expect(counted("count(p.id) from users u left join posts p on p.author_id = u.id")).toEqual([
      "rows of users without p.id were counted too",
    ]);
    expect(counted("count(p.id) from users u join posts p on p.author_id = u.id")).toEqual([]);
    expect(counted("count(body) from posts where body is not null")).toEqual([]);
    expect(counted("count(body) from posts where body like $1")).toEqual([]);
    expect(counted("count(body) filter (where body > $1) from posts")).toEqual([]);
    expect(counted("count(body) from posts where title like $1")).toHaveLength(1);
  });

  it("says nothing of groups with one value", () => {
    const by = (aggregate: string, group: string): string[] =>
      defects(
        `select ${aggregate} from users u join posts p on p.author_id = u.id group by ${group}`,
        "aggregate-changed",
      );
    expect(by("max(u.name)", "u.id")).toEqual([]);
    expect(by("max(u.name)", "u.org_id")).toHaveLength(1);
    expect(by("sum(u.age)", "u.id")).toHaveLength(1);
    expect(by("sum(u.age)", "u.id, p.id")).toEqual([]);
    expect(by("count(distinct p.id)", "u.id")).toEqual([]);
    expect(by("count(distinct p.status)", "u.id")).toHaveLength(1);
  });
});

describe("a default of COALESCE", () => {
  const dropped = (sql: string): string[] => defects(sql, "default-dropped");

  it("is NULL", () => {
    expect(ofKind("select coalesce(body, $1) from posts", "default-dropped")).toMatchObject([
      {
        sql: "SELECT COALESCE(body, CASE WHEN false THEN $1 END) FROM posts",
        defect: "there were NULL instead of $1 where body is",
        row: "a row for which body is NULL",
      },
    ]);
    expect(dropped("select coalesce(body, data ->> 'x', 'none') from posts, users")).toEqual([
      "there were NULL instead of 'none' where body and data ->> 'x' are",
    ]);
    expect(dropped("select coalesce(sum(views), 0) from posts")).toHaveLength(1);
  });

  it("says nothing where a value is always there", () => {
    expect(dropped("select coalesce(title, '') from posts")).toEqual([]);
    expect(dropped("select coalesce(body, title, '') from posts")).toEqual([]);
    expect(dropped("select coalesce(body, '') from posts where body <> $1")).toEqual([]);
    expect(dropped("select coalesce(count(body), 0) from posts")).toEqual([]);
    expect(dropped("select coalesce(json_agg(body), '[]') from posts")).toEqual([]);
    expect(dropped("select coalesce(p.title, '') from users u left join posts p on p.author_id = u.id")).toHaveLength(
      1,
    );
    expect(dropped("select coalesce(body, null) from posts")).toEqual([]);
  });

  it("says nothing in a condition that its default does not fulfil, either", () => {
    const where = (condition: string): string[] => dropped(`select id from users where ${condition}`);
    expect(where("coalesce(data ->> 'a' = 'b', false)")).toEqual([]);
    expect(where("coalesce(age, 0) > 0")).toEqual([]);
    expect(where("coalesce(name, '') <> ''")).toEqual([]);
    expect(where("coalesce(name, '') = 'a'")).toEqual([]);
    expect(where("coalesce(age, 0) >= 0")).toHaveLength(1);
    expect(where("coalesce(age, 0) > $1")).toHaveLength(1);
    expect(where("not coalesce(data ->> 'a' = 'b', false)")).toHaveLength(1);
    expect(where("coalesce(data ->> 'a' = 'b', true)")).toHaveLength(1);
    expect(where("coalesce(name, 'a') > 'b'")).toHaveLength(1);
  });

  it("is left alone where GROUP BY repeats it, and where only rows matter", () => {
    expect(dropped("select coalesce(body, '') from posts group by coalesce(body, '')")).toEqual([]);
    expect(dropped("select coalesce(body, '') as b from posts group by b")).toHaveLength(1);
    expect(dropped("select 1 from users where exists (select coalesce(body, '') from posts)")).toEqual([]);
  });
});
