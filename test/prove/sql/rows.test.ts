import { describe, expect, it } from "vitest";
import { alterations, defects, ofKind, sqls } from "./altered.ts";
import { BLOG_FACTS } from "./blog-facts.ts";

describe("a limit", () => {
  const changed = (sql: string): string[] => sqls(sql, "limit-changed");

  it("is raised", () => {
    expect(ofKind("select id from posts order by id limit $1", "limit-changed")).toMatchObject([
      {
        sql: "SELECT id FROM posts ORDER BY id LIMIT CAST($1 AS bigint) + 1000000",
        defect: "more than $1 rows of posts were listed",
        row: "more rows of posts that fulfil the conditions than $1",
        site: "SelectStmt.limitCount",
      },
    ]);
    // who asks for one takes the first
    expect(changed("select id from posts limit 1")).toEqual([]);
    expect(alterations("select id from posts limit $1", BLOG_FACTS, ["1"])).toEqual([]);
    expect(alterations("select id from posts limit $1", BLOG_FACTS, ["2"])).toHaveLength(1);
    expect(changed("select (select id from posts limit 1)")).toHaveLength(1);
    expect(changed("select id from posts limit all")).toEqual([]);
  });

  it.each([
    "select id from posts where id = $1 limit $2",
    "select id from teams where org_id = $1 and name = $2 limit 2",
    "select p.id from posts p join users u on u.id = p.author_id where p.id = $1 limit 2",
    "select c.id from comments c left join users u on u.id = c.author_id where c.id = $1 limit 2",
    "select id from users where email = lower($1) limit 2",
    "select count(*) from posts limit 2",
    "select id from users where exists (select from posts limit 2)",
    "select 1 limit 2",
  ])("says nothing of one row: %s", (sql) => {
    expect(changed(sql)).toEqual([]);
  });

  it.each([
    "select id from posts where views = $1 limit 2",
    "select id from teams where name = $1 limit 2",
    "select id from posts where id = $1 or views = $2 limit 2",
    "select id from posts where id = author_id limit 2",
    "select p.id from posts p join users u on u.id = p.author_id where u.id = $1 limit 2",
    "select c.id from comments c left join users u on u.name = c.body where c.id = $1 limit 2",
    "select unnest(tags) from users where id = $1 limit 2",
    "select unnest(array_agg(id)) from users limit 2",
    "select count(*) from posts group by author_id limit 2",
    "select u.id from users u, posts where u.id = $1 limit 2",
    "(select id from posts where id = $1) union all (select id from posts where id = $1) limit 2",
    "values (1), (2) limit 2",
    "select id from posts p (x, id) where id = $1 limit 2",
    "select id from other.posts where id = $1 limit 2",
    "select count(*) over () from posts limit 2",
  ])("is changed where there may be more rows: %s", (sql) => {
    expect(changed(sql)).toHaveLength(1);
  });
});

describe("an offset", () => {
  it("is taken away, also where it is an expression", () => {
    expect(ofKind("select id from posts offset $1", "offset-changed")).toMatchObject([
      {
        sql: "SELECT id FROM posts OFFSET CAST($1 AS bigint) * 0",
        defect: "all rows of posts were listed from the first on, not from $1 on",
      },
    ]);
    expect(sqls("select id from posts offset ($1::int - 1) * 10", "offset-changed")).toHaveLength(1);
    expect(sqls("select id from posts offset 0", "offset-changed")).toEqual([]);
  });
});

describe("DISTINCT", () => {
  const dropped = (sql: string): string[] => defects(sql, "distinct-dropped");

  it("is dropped", () => {
    expect(ofKind("select distinct status from posts", "distinct-dropped")).toMatchObject([
      {
        sql: "SELECT status FROM posts",
        defect: "rows of posts were listed more than once",
        row: "two rows of posts that are the same in all that is selected",
      },
    ]);
    expect(dropped("select distinct on (author_id) id, title from posts order by author_id, views")).toEqual([
      "rows of posts with the same author_id were listed more than once",
    ]);
  });

  it("says nothing of rows that hold a key, but where it is ON something else, or joins multiply them, it does", () => {
    expect(dropped("select distinct id, title from posts")).toEqual([]);
    expect(dropped("select distinct on (id) title from posts")).toEqual([]);
    expect(dropped("select distinct on (author_id) id from posts")).toHaveLength(1);
    expect(dropped("select distinct p.id, u.name from posts p join users u on u.id = p.author_id")).toEqual([]);
    expect(dropped("select distinct u.id from posts p join users u on u.id = p.author_id")).toHaveLength(1);
    expect(dropped("select distinct id, unnest(tags) from users")).toHaveLength(1);
    expect(dropped("select distinct name from teams where org_id = $1")).toEqual([]);
    expect(dropped("select distinct manager_id, name from users")).toHaveLength(1);
  });

  it("says nothing of groups that are told apart by what is selected", () => {
    expect(dropped("select distinct status, count(*) from posts group by status")).toEqual([]);
    expect(dropped("select distinct count(*) from posts group by status")).toHaveLength(1);
  });

  it("says nothing where equal rows are one anyway", () => {
    expect(dropped("select 1 from users where id in (select distinct author_id from posts)")).toEqual([]);
    expect(dropped("select 1 from users where id in (select distinct author_id from posts limit 1)")).toHaveLength(1);
    expect(dropped("select 1 from users where exists (select distinct author_id from posts)")).toEqual([]);
    expect(dropped("select id from users union select distinct author_id from posts")).toEqual([]);
    expect(dropped("select id from users union all select distinct author_id from posts")).toHaveLength(1);
    expect(dropped("select id from users except select distinct author_id from posts")).toEqual([]);
  });
});

describe("UNION", () => {
  const changed = (sql: string): string[] => sqls(sql, "union-changed");

  it("is UNION ALL, and the other way round", () => {
    expect(changed("select name from teams union select title from posts")).toEqual([
      "SELECT name FROM teams UNION ALL SELECT title FROM posts",
    ]);
    expect(changed("select name from teams union all select title from posts")).toEqual([
      "SELECT name FROM teams UNION SELECT title FROM posts",
    ]);
  });

  it("says nothing where equal rows are one anyway", () => {
    expect(changed("(select name from teams union all select name from orgs) union select title from posts")).toEqual([
      "(SELECT name FROM teams UNION ALL SELECT name FROM orgs) UNION ALL SELECT title FROM posts",
    ]);
    expect(
      changed("(select name from teams union select name from orgs) union all select title from posts"),
    ).toHaveLength(2);
    expect(
      changed("select 1 from users where name in (select name from teams union all select title from posts)"),
    ).toEqual([]);
  });

  it("says nothing where each side has a word of its own, and no row twice", () => {
    expect(changed("select id, 'user' from users union all select id, 'team' from teams")).toEqual([]);
    expect(changed("select id, 'user' from users union all select id, 'user' from teams")).toHaveLength(1);
    expect(changed("select name, 'user' from users union all select name, 'team' from teams")).toHaveLength(1);
    expect(
      changed("select id, 'a' from users union all select id, 'b' from teams union all select id, 'c' from posts"),
    ).toEqual([]);
    expect(
      changed("select id, 'a' from users union all select id, 'b' from teams union all select id, 'a' from posts"),
    ).toHaveLength(1);
  });

  it("of a recursion says nothing where it finds no row twice, and is not loosened", () => {
    const recursion = (first: string, union: string, step: string): string[] =>
      changed(
        `with recursive tree as (select id, parent_id from comments where ${first} ${union} select ${step}) select id from tree`,
      );
    const down = "c.id, c.parent_id from comments c join tree on c.parent_id = tree.id";
    expect(recursion("id = $1", "union all", down)).toEqual([]);
    expect(
      recursion("id = $1", "union all", "c.id, c.parent_id from comments c join tree on c.id = tree.parent_id"),
    ).toEqual([]);
    expect(recursion("body = $1", "union all", down)).toHaveLength(1);
    expect(recursion("parent_id is null", "union all", down)).toEqual([]);
    expect(recursion("author_id is null", "union all", down)).toHaveLength(1);
    expect(
      changed(`with recursive tree as (select post_id as id, parent_id from comments where parent_id is null
        union all select ${down}) select id from tree`),
    ).toHaveLength(1);
    expect(
      recursion("id = $1", "union all", "c.id, c.parent_id from comments c join tree on c.parent_id = tree.parent_id"),
    ).toHaveLength(1);
    expect(
      recursion("id = $1", "union all", "c.post_id, c.parent_id from comments c join tree on c.parent_id = tree.id"),
    ).toHaveLength(1);
    expect(recursion("body = $1", "union", down)).toEqual([]);
  });
});
