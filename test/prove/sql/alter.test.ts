import { describe, expect, it } from "vitest";
import { alterationsOf } from "../../../src/prove/sql/alter.ts";
import { loadParser } from "../../../src/prove/sql/parser.ts";
import { alterations, defects } from "./altered.ts";
import { BLOG_FACTS } from "./blog-facts.ts";

const parser = await loadParser();

describe("alterations of a query", () => {
  it("have an id that is the same from run to run, and another for each", () => {
    const sql = "select id from posts where status = $1 and views > $2 order by views limit 2";
    const [first, again] = [alterations(sql), alterations(sql)].map((each) => each.map(({ id }) => id));
    expect(first).toEqual(again);
    expect(new Set(first).size).toBe(first?.length);
    expect(alterations("select id from posts where status = $1")[0]?.id).toBe("23057e14a5f4");
  });

  it("are no two of one text, nor the query itself", () => {
    const sql = "select id from posts where status = $1 or status = $1";
    const texts = alterations(sql).map((each) => each.sql);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).not.toContain("SELECT id FROM posts WHERE status = $1 OR status = $1");
  });

  it("of one clause share a site", () => {
    const sites = alterations("select id from posts where views > $1 and title ilike $2").reduce(
      (map, { site, kind }) => map.set(site, [...(map.get(site) ?? []), kind]),
      new Map<string, string[]>(),
    );
    expect([...sites.values()]).toEqual([
      ["condition-dropped", "condition-negated", "bound-shifted"],
      ["condition-dropped", "condition-negated", "pattern-changed", "pattern-changed"],
      ["and-or"],
    ]);
  });

  it("print as what their trees say, where a part of an AND becomes an AND of its own", () => {
    const [altered] = alterations("select 1 from posts where views between 1 and 2 and id = 1").filter(
      ({ kind }) => kind === "bound-shifted",
    );
    expect(altered?.sql).toBe("SELECT 1 FROM posts WHERE (views BETWEEN 1 AND 2 AND views <> 1) AND id = 1");
  });

  it("tell relations of one table apart, in the statement and in what is within", () => {
    expect(
      defects(
        "select 1 from users where org_id = $1 and exists (select from users other where other.manager_id = users.id)",
        "condition-dropped",
      ),
    ).toEqual([
      "rows of users with another org_id were listed too",
      "rows of users for which EXISTS (SELECT FROM users AS other WHERE other.manager_id = users.id) does not hold were listed too",
      "rows of users (other) with another manager_id than users.id were found too",
    ]);
  });

  it("take a name that no table of a subquery has for one of the query around it", () => {
    expect(
      defects("select id, (select name from orgs where id = org_id) from users", "condition-dropped", "limit-changed"),
    ).toEqual(["rows of orgs with another id than org_id were listed too"]);
  });

  it("do not guess of which table a column is", () => {
    expect(alterations("select 1 from t, u where a = $1", [])[0]?.defect).toBe(
      "rows of t for which a = $1 does not hold were listed too",
    );
  });

  it("know nothing of a table that the catalog does not have", () => {
    const kinds = alterations(
      "select distinct a from t left join u on u.id = t.u_id where a is not null order by id, a limit 2",
      [],
    );
    expect(kinds.map(({ kind }) => kind)).toEqual([
      ...["condition-dropped", "condition-dropped", "condition-negated", "join-changed", "null-test-turned"],
      ...["distinct-dropped", "order-turned", "order-turned", "limit-changed"],
    ]);
  });
});

describe("unusual queries", () => {
  it.each([
    "values (1, 'a'), (2, 'b')",
    "select * from (values (1), (2)) as v (a) where v.a > $1",
    "select 1",
    "select * from memberships natural join (select id as user_id from users) u",
    "select org_id from teams join users using (org_id) as both_of where both_of.org_id = 1",
    "select status, count(*) from posts group by grouping sets ((status), ()) having count(*) > 1",
    "select status, count(*) from posts group by cube (status, author_id)",
    "select * from rows from (generate_series(1, 2), generate_series(1, 3)) as r (a, b) where r.b > 1",
    "select * from unnest($1::int[]) with ordinality",
    "select * from json_to_recordset($1) as r (id int) join users u on u.id = r.id",
    "select * from posts tablesample bernoulli (10) where views > 1",
    "with recursive t (n) as (values (1) union all select n + 1 from t where n < 5) select * from t",
    "with a as (insert into orgs (name, slug) values ('a', 'b') returning *), b as (update teams set name = 'a' returning id) select * from a, b",
    "insert into orgs default values",
    "insert into orgs (name, slug) select name, slug from orgs union select name, email from users on conflict do nothing",
    "update posts set (title, body) = (select name, email from users where users.id = posts.author_id)",
    "delete from posts using users u left join orgs o on o.id = u.org_id where u.id = author_id returning *",
    "select u.*, (select array_agg(p.* order by p.id) from posts p where p.author_id = u.id) from users u for update of u skip locked",
    "select array[[1], [2]], array[views, id], row(1, 2) from posts",
    "select percentile_cont(0.5) within group (order by views) filter (where views > 0) from posts",
    "select * from (select 1 as a) x cross join lateral (select x.a as b) y where (x.a, y.b) = (1, 1)",
    "(select 1 order by 1 limit 1) intersect all (select 2) except select 3 order by 1",
    "select case when exists (select from posts) then 1 end where current_date between '2020-01-01' and now()",
    "select count(*) filter (where status = 'a' or status = 'b') over (partition by author_id) from posts",
    "select xmlelement(name a), grouping(status) from posts group by status",
    "select * from posts where views > all (select views from posts p where p.id <> posts.id)",
    "select * from posts where body is json and title similar to 'a%' and title ~* 'b' and views::text collate \"C\" like '1%'",
  ])("%s", (sql) => {
    const parsed = parser.parse(sql);
    if ("why" in parsed) throw new Error(parsed.why);
    for (const facts of [BLOG_FACTS, []]) {
      for (const { sql: text, defect, row } of alterationsOf(parsed.tree, sql, facts, parser)) {
        expect(parser.parse(text)).toHaveProperty("tree");
        expect(`${defect} ${row}`).not.toMatch(/undefined|\[object| {2}/);
      }
    }
  });
});
