import { describe, expect, it } from "vitest";
import { alterations, defects, ofKind, sqls } from "./altered.ts";

const changed = (sql: string): string[] => sqls(sql, "join-changed");

describe("a join", () => {
  it("is turned from left to inner, and from inner to left", () => {
    expect(ofKind("select c.id from comments c left join users u on u.id = c.author_id", "join-changed")).toMatchObject(
      [
        {
          sql: "SELECT c.id FROM comments AS c JOIN users AS u ON u.id = c.author_id",
          defect: "rows of comments without a row of users were left out",
          row: "a row of comments without a row of users to join",
          site: "SelectStmt.fromClause.0.JoinExpr",
        },
      ],
    );
    expect(ofKind("select c.id from comments c join users u on u.id = c.author_id", "join-changed")).toMatchObject([
      {
        sql: "SELECT c.id FROM comments AS c LEFT JOIN users AS u ON u.id = c.author_id",
        defect: "rows of comments without a row of users were listed too",
      },
    ]);
  });

  it("keeps the rows of the right side, or of both", () => {
    const on = "join users u on u.id = t.lead_id";
    expect(defects(`select t.id from teams t right ${on}`, "join-changed")).toEqual([
      "rows of users without a row of teams were left out",
    ]);
    expect(defects(`select t.id from teams t full ${on}`, "join-changed")).toEqual([
      "rows of teams without a row of users, and rows of users without a row of teams, were left out",
    ]);
  });

  it("of a chain is about the relations that its condition is on", () => {
    const chain = `select m.role from memberships m join teams t on t.id = m.team_id and t.org_id = m.org_id
      left join users u on u.id = t.lead_id`;
    expect(defects(chain, "join-changed")).toEqual(["rows of teams without a row of users were left out"]);
  });

  it("tells two relations of one table apart", () => {
    expect(defects("select m.name from users left join users m on m.id = users.manager_id", "join-changed")).toEqual([
      "rows of users without a row of users (m) were left out",
    ]);
  });

  it("of an update and of a delete is turned, too", () => {
    const joined = "comments c join users u on u.id = c.author_id";
    expect(changed(`update posts set views = 0 from ${joined} where c.post_id = posts.id`)).toHaveLength(1);
    expect(changed(`delete from posts using ${joined} where c.post_id = posts.id`)).toHaveLength(1);
  });
});

describe("a join of which each row finds one is left alone", () => {
  it("by a foreign key that is never null, but not by one that may be, is no key at all, or is asked for more", () => {
    expect(changed("select 1 from posts p left join users u on u.id = p.author_id")).toEqual([]);
    expect(changed("select 1 from posts p join users u on p.author_id = u.id")).toEqual([]);
    expect(changed("select 1 from comments c left join users u on u.id = c.author_id")).toHaveLength(1);
    expect(changed("select 1 from posts p left join users u on u.id = p.views")).toHaveLength(1);
    expect(changed("select 1 from posts p left join users u on u.org_id = p.author_id")).toHaveLength(1);
    expect(changed("select 1 from posts p left join users u on u.id = p.author_id and u.is_active")).toHaveLength(1);
    expect(changed("select 1 from users u left join posts p on u.id = p.author_id")).toHaveLength(1);
  });

  it("by USING, too", () => {
    const facts = [
      { name: "parents", columns: [{ name: "k", required: true }], keys: [["k"]], references: [] },
      {
        name: "children",
        columns: [{ name: "k", required: true }],
        keys: [],
        references: [{ columns: ["k"], table: "parents", referenced: ["k"] }],
      },
    ];
    const joins = (sql: string): number => alterations(sql, facts).filter(({ kind }) => kind === "join-changed").length;
    expect(joins("select 1 from children left join parents using (k)")).toBe(0);
    expect(joins("select 1 from parents left join children using (k)")).toBe(1);
  });

  it("by a foreign key of several columns, or a part of it, but not by other columns", () => {
    const join = "select 1 from memberships m left join teams t on";
    expect(changed(`${join} t.id = m.team_id and t.org_id = m.org_id`)).toEqual([]);
    expect(changed(`${join} t.id = m.team_id`)).toEqual([]);
    expect(changed(`${join} t.id = m.org_id`)).toHaveLength(1);
    expect(changed(`${join} t.id = m.team_id and t.org_id = m.user_id`)).toHaveLength(1);
  });

  it("unless a part of the foreign key may be null", () => {
    const references = [{ columns: ["a", "b"], table: "parents", referenced: ["a", "b"] }];
    const joins = (required: boolean): number =>
      alterations("select 1 from children c left join parents p on p.a = c.a", [
        { name: "parents", columns: [], keys: [], references: [] },
        {
          name: "children",
          columns: [
            { name: "a", required: true },
            { name: "b", required },
          ],
          keys: [],
          references,
        },
      ]).filter(({ kind }) => kind === "join-changed").length;
    expect([joins(true), joins(false)]).toEqual([0, 1]);
  });

  it("unless another join may leave the foreign key null", () => {
    const posts =
      "select 1 from users u left join posts p on p.author_id = u.id left join users a on a.id = p.author_id";
    expect(changed(posts)).toHaveLength(2);
  });

  it("unless a subquery only has the name of the table", () => {
    expect(
      changed("select 1 from teams t join (select id from orgs where plan = 'paid') orgs on orgs.id = t.org_id"),
    ).toHaveLength(1);
    expect(changed("with orgs as (select 1 as id) select 1 from teams t join orgs on orgs.id = t.org_id")).toHaveLength(
      1,
    );
  });

  it("to the one row of a subquery, but not where it is asked for more, or may have none", () => {
    const counted = "left join lateral (select count(*) as n from posts where author_id = u.id";
    expect(changed(`select 1 from users u ${counted}) c on true`)).toEqual([]);
    expect(changed(`select 1 from users u ${counted}) c on c.n > 1`)).toHaveLength(1);
    expect(changed(`select 1 from users u ${counted} having count(*) > 1) c on true`)).toHaveLength(1);
    expect(changed(`select 1 from users u ${counted} group by status) c on true`)).toHaveLength(1);
  });

  it("to the row that a foreign key leads to, as Drizzle's relational queries ask for it", () => {
    const one = (from: string, where: string): string =>
      `select 1 from posts p left join lateral (select a.id from (select u.* from ${from} where ${where} limit 1) a) d on true`;
    expect(changed(one("users u", "u.id = p.author_id"))).toEqual([]);
    expect(changed(one("users u", "u.id = p.views"))).toHaveLength(1);
    expect(changed(one("users u", "u.id = p.author_id").replace("posts p", "comments p"))).toHaveLength(1);
    expect(changed(one("users u", "u.id = p.author_id and u.is_active"))).toHaveLength(1);
    expect(changed(one("users u join comments c on c.author_id = u.id", "u.id = p.author_id"))).toHaveLength(2);
    expect(changed(one("comments u", "u.id = p.author_id"))).toHaveLength(1);
  });
});

describe("a left join whose missing rows another condition keeps out is left alone", () => {
  const left = "select 1 from comments c left join users u on u.id = c.author_id";

  it.each([
    "u.org_id = $1",
    "$1 < u.age",
    "lower(u.email) = $1",
    "u.data ->> 'city' = 'a'",
    "u.is_active",
    "not u.is_active",
    "u.is_active is true",
    "u.id is not null",
    "u.id in ($1, $2)",
    "u.id not in ($1, $2)",
    "u.id = any($1::int[])",
    "$1 = any(u.tags)",
    "u.id in (select author_id from posts)",
    "u.age between $1 and $2",
    "u.email ilike $1",
    "u.name = $1 or u.age = $2",
    "c.body = $1 and u.age = $2",
    "u.age::text = $1",
  ])("by %s", (condition) => {
    expect(changed(`${left} where ${condition}`)).toEqual([]);
  });

  it.each([
    "c.body = $1",
    "u.id is null",
    "u.name is distinct from $1",
    "coalesce(u.name, '') = $1",
    "u.name = $1 or c.body = $2",
    "u.is_active is not true",
    "u.id <> all($1::int[])",
    "u.id not in (select author_id from posts)",
    "not (u.id = any($1::int[]))",
    "u.id > all (select author_id from posts)",
    "u.tags || $1::text = $2",
    "(u.name = $1) is not true",
    "case when u.id = 1 then false else true end",
    "concat(u.name, '') = $1",
    "exists (select from posts p where p.author_id = u.id)",
  ])("but not by %s", (condition) => {
    expect(changed(`${left} where ${condition}`)).toHaveLength(1);
  });

  it("by an inner join around it, but not by one within, or an outer one", () => {
    expect(defects(`${left} join orgs o on o.id = u.org_id`, "join-changed")).toEqual([
      "rows of users without a row of orgs were listed too",
    ]);
    expect(changed(`${left} left join orgs o on o.id = u.org_id`)).toHaveLength(2);
    const within = "select 1 from users u left join (posts p join orders o on o.id = p.views) on p.author_id = u.id";
    expect(changed(within)).toHaveLength(2);
  });

  it("by a condition on what is joined to them, but not on what is joined beside them", () => {
    const where = "where o.plan = $1";
    expect(changed(`${left} left join orgs o on o.id = u.org_id ${where}`)).toEqual([]);
    expect(changed(`${left} left join orgs o on o.id = c.post_id ${where}`)).toHaveLength(1);
    expect(changed(`${left} left join orgs o on o.id = coalesce(u.org_id, 1) ${where}`)).toHaveLength(1);
  });

  it("of a full join only where both sides are kept out", () => {
    const full = "select 1 from teams t full join users u on u.id = t.lead_id";
    expect(changed(`${full} where u.org_id = $1`)).toHaveLength(1);
    expect(changed(`${full} where u.org_id = $1 and t.org_id = $1`)).toEqual([]);
  });

  it("where they count for nothing, but not where rows are counted, or groups are listed", () => {
    const orders = "from users u left join orders o on o.user_id = u.id";
    expect(changed(`select sum(o.total), count(o.id) ${orders}`)).toEqual([]);
    expect(changed(`select sum(o.total), count(*) ${orders}`)).toHaveLength(1);
    expect(changed(`select sum(o.total), count(u.id) ${orders}`)).toHaveLength(1);
    expect(changed(`select array_agg(o.total) ${orders}`)).toHaveLength(1);
    expect(changed(`select sum(coalesce(o.total, 1)) ${orders}`)).toHaveLength(1);
    expect(changed(`select u.id, sum(o.total) ${orders} group by u.id`)).toHaveLength(1);
  });
});

describe("a join of a function", () => {
  it("is turned, but where each row that a function finds would have to be missing", () => {
    expect(changed("select 1 from tree_of($1) t join posts p on p.id = t.id")).toEqual([]);
    expect(changed("select 1 from generate_series(1, 3) n left join posts p on p.views = n")).toHaveLength(1);
    expect(changed("select 1 from users u left join unnest(u.tags) tag on true")).toHaveLength(1);
  });
});
