import { describe, expect, it } from "vitest";
import { alterations, defects, ofKind, sqls } from "./altered.ts";

const turned = (sql: string): string[] => defects(sql, "order-turned");
const dropped = (sql: string): string[] => sqls(sql, "order-dropped");

describe("an order", () => {
  it("is turned key by key, and dropped, at one site", () => {
    expect(
      ofKind("select id, views from posts order by views desc, id", "order-turned", "order-dropped"),
    ).toMatchObject([
      {
        sql: "SELECT id, views FROM posts ORDER BY views ASC, id",
        defect: "rows of posts came in the opposite order of views",
        row: "two rows of posts with different views",
        site: "SelectStmt.sortClause.0",
      },
      {
        sql: "SELECT id, views FROM posts ORDER BY views DESC, id DESC",
        defect: "rows of posts came in the opposite order of id, where they have the same views",
        row: "two rows of posts with the same views, and different id",
        site: "SelectStmt.sortClause.1",
      },
      {
        sql: "SELECT id, views FROM posts",
        defect: "rows of posts came in any order, not by views, id",
        site: "SelectStmt.sortClause.0",
      },
    ]);
  });

  it("names the column that a number stands for", () => {
    expect(turned("select author_id, count(*) from posts group by 1 order by 2 desc, 1")).toEqual([
      "rows of posts came in the opposite order of count(*)",
      "rows of posts came in the opposite order of author_id, where they have the same count(*)",
    ]);
  });

  it("is not dropped with its parameters: Postgres would not know their types", () => {
    expect(dropped("select id from posts order by views = $1")).toEqual([]);
  });

  it("of lists and windows is turned, too", () => {
    expect(turned("select string_agg(title, ',' order by views, id) from posts")).toEqual([
      "in their list, rows of posts came in the opposite order of views",
      "in their list, rows of posts came in the opposite order of id, where they have the same views",
    ]);
    expect(
      turned(
        "select row_number() over (partition by author_id order by views desc), lag(id) over w from posts window w as (order by title)",
      ),
    ).toEqual([
      "row_number() went through rows of posts in the opposite order of views",
      "the window w went through rows of posts in the opposite order of title",
    ]);
  });
});

describe("a sort key in which rows cannot differ is left alone", () => {
  const keys = (sql: string): string[] => ofKind(sql, "order-turned").map(({ site }) => site.split(".").at(-1) ?? "");

  it("after a key of the table, but not after a part of one, or one that may be null", () => {
    expect(keys("select * from posts order by id, views")).toEqual(["0"]);
    expect(keys("select * from posts order by views, id, title")).toEqual(["0", "1"]);
    expect(keys("select * from teams order by org_id, name, status")).toEqual(["0", "1"]);
    expect(keys("select * from memberships order by team_id, role")).toEqual(["0", "1"]);
  });

  it("after a name of the list, which is another column", () => {
    expect(keys("select org_id as id, name from teams order by id, name")).toEqual(["0", "1"]);
    expect(keys("select id as org_id, name from teams order by org_id, name")).toEqual(["0"]);
  });

  it("after keys of all joined tables, where each finds one row", () => {
    expect(
      keys("select p.title, u.name from posts p join users u on u.id = p.author_id order by p.id, u.name"),
    ).toEqual(["0"]);
    expect(
      keys("select c.id, u.name from comments c left join users u on u.id = c.author_id order by c.id, u.name"),
    ).toEqual(["0"]);
    expect(keys("select u.id, p.title from users u join posts p on u.id = p.author_id order by u.id, p.title")).toEqual(
      ["0", "1"],
    );
    expect(
      keys("select u.id, u.name, p.id from users u join posts p on u.id = p.author_id order by u.id, u.name, p.id"),
    ).toEqual(["0", "2"]);
    expect(
      keys(
        "select c.author_id, u.name, u.id from comments c left join users u on u.id = c.author_id and c.body = 'a' order by c.author_id, u.name",
      ),
    ).toEqual(["0", "1"]);
  });

  it("where WHERE gives its value, but not one of several", () => {
    expect(keys("select * from posts where status = $1 order by status, id")).toEqual(["1"]);
    expect(keys("select * from posts where status = $1 or views = 1 order by status, id")).toEqual(["0", "1"]);
    expect(keys("select * from posts where status in ($1, $2) order by status, id")).toEqual(["0", "1"]);
    expect(keys("select * from posts where deleted_at is null order by deleted_at, id")).toEqual(["1"]);
  });

  it("after a key that a subquery takes as it is, and after none that may be null", () => {
    expect(keys("select u.id, u.name from (select id, name from users) u order by u.id, u.name")).toEqual(["0"]);
    expect(keys("select u.id, u.tag from (select id, unnest(tags) as tag from users) u order by u.id, u.tag")).toEqual([
      "0",
      "1",
    ]);
    const columns = ["code", "n"].map((name) => ({ name, required: false }));
    const facts = [{ name: "t", columns, keys: [["code"]], references: [] }];
    const turnedOf = (sql: string): number =>
      alterations(sql, facts).filter(({ kind }) => kind === "order-turned").length;
    expect(turnedOf("select * from t order by code, n")).toBe(2);
    expect(turnedOf("select * from t where code = $1 order by n")).toBe(0);
  });

  it("not where a subquery finds a row for each of another table", () => {
    const first = "(select title from posts where author_id = u.id limit 1) p";
    expect(keys(`select u.id, p.title from users u, lateral ${first} order by p.title, u.id`)).toEqual(["0", "1"]);
    expect(keys(`select u.id, p.title from users u left join lateral ${first} on true order by u.id, p.title`)).toEqual(
      ["0"],
    );
    expect(
      keys("select u.id, p.title from users u, (select title from posts limit 1) p order by p.title, u.id"),
    ).toEqual(["1"]);
  });

  it("where what is selected is the same", () => {
    expect(keys("select title from posts order by title, id")).toEqual(["0"]);
    expect(keys("select title, id from posts order by title, id")).toEqual(["0", "1"]);
  });

  it("unless rows of functions multiply it", () => {
    expect(keys("select id, unnest(tags) as tag from users order by id, tag")).toEqual(["0", "1"]);
    expect(keys("select u.id, tag from users u, unnest(tags) as tag order by u.id, tag")).toEqual(["0", "1"]);
    expect(keys("select users.id from users, unnest(array[1, 2]) order by users.id, unnest")).toEqual(["0"]);
  });

  it("of groups, after what is grouped by", () => {
    expect(keys("select author_id, count(*) from posts group by author_id order by author_id, count(*)")).toEqual([
      "0",
    ]);
    expect(keys("select author_id, count(*) from posts group by author_id order by count(*), author_id")).toEqual([
      "0",
      "1",
    ]);
    expect(keys("select author_id, status from posts group by author_id, status order by author_id, status")).toEqual([
      "0",
      "1",
    ]);
    expect(
      keys("select author_id, count(*) from posts group by rollup (author_id) order by author_id, count(*)"),
    ).toEqual(["0", "1"]);
  });
});

describe("an order that decides nothing is left alone", () => {
  it("of one row, but not of what may be several", () => {
    expect(turned("select id from posts where id = $1 order by views")).toEqual([]);
    expect(turned("select * from teams where org_id = $1 and name = $2 order by status")).toEqual([]);
    expect(turned("select * from teams where org_id = $1 order by status")).toHaveLength(1);
    expect(turned("select * from teams where org_id = $1 or name = $2 order by status")).toHaveLength(1);
    expect(turned("select count(*) from posts order by 1")).toEqual([]);
  });

  it("in EXISTS, and in IN without a limit", () => {
    const within = (subquery: string): string[] => turned(`select id from users where ${subquery}`);
    expect(within("exists (select from posts order by views limit 1)")).toEqual([]);
    expect(within("id in (select author_id from posts order by views)")).toEqual([]);
    expect(within("id in (select author_id from posts order by views limit 1)")).toHaveLength(1);
    expect(within("id in (select author_id from posts order by views offset 1)")).toHaveLength(1);
  });

  it("of a subquery that has no limit, unless it makes a list, or takes one of each", () => {
    expect(turned("select id from (select id from posts order by views) p")).toEqual([]);
    expect(turned("select id from (select id from posts order by views limit 2) p")).toHaveLength(1);
    expect(turned("select json_agg(id) from (select id from posts order by views) p")).toHaveLength(1);
    expect(turned("select json_agg(id order by id) from (select id, views from posts order by views) p")).toEqual([
      "in their list, rows of posts came in the opposite order of id",
    ]);
    expect(turned("select id from (select distinct on (author_id) id from posts order by author_id, views) p")).toEqual(
      ["rows of posts came in the opposite order of views"],
    );
    expect(turned("select array(select title from posts order by views)")).toHaveLength(1);
    expect(turned("select (select title from posts order by views limit 1)")).toHaveLength(1);
  });

  it("of an arm of a set operation", () => {
    expect(turned("select name from teams union all (select title from posts order by views)")).toEqual([]);
    expect(turned("select name from teams union all (select title from posts order by views limit 1)")).toHaveLength(1);
  });

  it("is not dropped where a subquery has it already, but turned", () => {
    const rows = "from (select p.* from posts p order by p.views limit 3) p left join users u on u.id = p.author_id";
    expect(dropped(`select p.id ${rows} order by p.views`)).toHaveLength(1);
    expect(dropped(`select p.id ${rows} order by p.title`)).toHaveLength(2);
    expect(turned(`select p.id ${rows} order by p.views`)).toHaveLength(2);
  });
});
