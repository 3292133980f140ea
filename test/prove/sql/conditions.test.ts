import { describe, expect, it } from "vitest";
import { alterations, defects, ofKind, sqls } from "./altered.ts";
import { BLOG_FACTS } from "./blog-facts.ts";

describe("a condition", () => {
  it("is dropped and negated, with all of its parameters kept", () => {
    const [dropped, negated] = alterations("select id from teams where status = $1");
    expect(dropped).toMatchObject({
      kind: "condition-dropped",
      sql: "SELECT id FROM teams WHERE status = $1 OR true",
      defect: "rows of teams with another status were listed too",
      row: "a row of teams with another status",
      columns: ["status"],
      site: "SelectStmt.whereClause",
    });
    expect(negated).toMatchObject({
      kind: "condition-negated",
      sql: "SELECT id FROM teams WHERE NOT (status = $1)",
      defect: "status = $1 were asked the other way round",
      row: "a row of teams for which status = $1 holds, or does not",
      site: dropped?.site,
    });
  });

  it("has words for what its statement does with rows", () => {
    const dropped = (sql: string): string | undefined => defects(sql, "condition-dropped")[0];
    expect(dropped("update teams set name = $1 where status = $2")).toBe(
      "rows of teams with another status were updated too",
    );
    expect(dropped("delete from teams where status = $1")).toBe("rows of teams with another status were deleted too");
    expect(dropped("select count(*) from teams where status = $1")).toBe(
      "rows of teams with another status were counted too",
    );
    expect(dropped("select max(views) from posts where status = $1")).toBe(
      "rows of posts with another status were aggregated too",
    );
    expect(dropped("insert into comments (post_id, body) select id, title from posts where status = $1")).toBe(
      "rows of posts with another status were inserted too",
    );
    expect(dropped("select author_id from posts group by author_id having count(*) > $1")).toBe(
      "groups of rows of posts for which count(*) > $1 does not hold were listed too",
    );
    expect(dropped("select count(*) filter (where status = $1) from posts")).toBe(
      "rows of posts with another status were counted too",
    );
    expect(
      dropped(
        "insert into orgs (name, slug) values ($1, $2) on conflict (slug) do update set name = $1 where orgs.plan = $3",
      ),
    ).toBe("rows of orgs with another plan were updated too");
  });

  it("of a write is about rows of its table, by those that it joins", () => {
    const from = "from users u join orgs o on o.id = u.org_id where u.id = p.author_id and o.plan = $1";
    expect(defects(`update posts p set views = 0 ${from}`, "condition-dropped")).toEqual([
      "rows of posts with a row of users for which u.id = p.author_id does not hold were updated too",
      "rows of posts with a row of orgs with another plan were updated too",
      "rows of orgs and users for which o.id = u.org_id does not hold were joined too",
    ]);
  });

  it("of a correlated subquery says to which column it leads", () => {
    expect(
      defects("select id from users where exists (select from posts where author_id = users.id)", "condition-dropped"),
    ).toEqual([
      "rows of users for which EXISTS (SELECT FROM posts WHERE author_id = users.id) does not hold were listed too",
      "rows of posts with another author_id than users.id were found too",
    ]);
  });

  it("of a join is about rows of both sides", () => {
    const [dropped] = ofKind(
      "select p.id from posts p join comments c on c.post_id = p.id where p.status = $1",
      "condition-dropped",
    ).slice(1);
    expect(dropped).toMatchObject({
      defect: "rows of comments and posts for which c.post_id = p.id does not hold were joined too",
      row: "rows of comments and posts for which c.post_id = p.id does not hold, while all other conditions hold",
    });
  });

  it("that looks for rows without one to join says so", () => {
    expect(
      defects(
        "select u.id from users u left join posts p on p.author_id = u.id where p.id is null",
        "condition-dropped",
      )[0],
    ).toBe("rows of users with a row of posts were listed too");
  });

  it("among alternatives never holds", () => {
    const [first] = ofKind("select id from posts where status = $1 or views > $2", "condition-dropped");
    expect(first).toMatchObject({
      sql: "SELECT id FROM posts WHERE (status = $1 AND false) OR views > $2",
      defect: "rows of posts for which, of the alternatives, only status = $1 holds were not listed",
      row: "a row of posts for which, of the alternatives, only status = $1 holds",
    });
  });

  it("is left alone where it is a constant", () => {
    expect(
      defects("select id from teams where true and status = $1", "condition-dropped", "condition-negated", "and-or"),
    ).toEqual(["rows of teams with another status were listed too", "status = $1 were asked the other way round"]);
  });

  it("of a recursion is not loosened, since the recursion might not end", () => {
    const tree = `with recursive tree as (
      select id from comments where id = $1 union all
      select c.id from comments c join tree on c.parent_id = tree.id where c.author_id is null
    ) select id from tree`;
    expect(defects(tree, "condition-dropped", "condition-negated", "and-or")).toEqual([
      "rows of comments with another id were listed too",
      "rows of comments (c) with an author_id were listed too",
      "id = $1 were asked the other way round",
    ]);
  });
});

describe("a condition that follows from others is not dropped", () => {
  const dropped = (sql: string): number => ofKind(sql, "condition-dropped").length;

  it("IS NOT NULL of a required column, but of one that an outer join leaves null, it is", () => {
    expect(dropped("select id from posts where title is not null")).toBe(0);
    expect(dropped("select id from posts where body is not null")).toBe(1);
    expect(dropped("select u.id from users u left join posts p on p.author_id = u.id where p.title is not null")).toBe(
      2,
    );
    expect(dropped("select id from posts where title is null")).toBe(1);
  });

  it("IS NOT NULL beside a comparison, but not beside what holds for null, or only beside an alternative", () => {
    expect(dropped("select id from posts where body is not null and body > $1")).toBe(1);
    expect(dropped("select id from posts where body is not null and lower(body) like $1")).toBe(1);
    expect(dropped("select id from posts where body is not null and body is distinct from $1")).toBe(2);
    expect(dropped("select id from posts where body is not null and coalesce(body, '') = $1")).toBe(2);
    expect(dropped("select id from posts where body is not null or body > $1")).toBe(2);
    expect(dropped("select id from posts where body is not null and title > $1")).toBe(2);
    expect(dropped("select id from posts where (body is not null and body > $1) or views > 1")).toBe(2);
  });

  it("IS NOT NULL where only the column's values are aggregated, but not where rows are", () => {
    expect(dropped("select avg(views) from posts where body is not null")).toBe(1);
    expect(dropped("select min(body) from posts where body is not null")).toBe(0);
    expect(dropped("select min(body), count(*) from posts where body is not null")).toBe(1);
    expect(dropped("select author_id, min(body) from posts where body is not null group by author_id")).toBe(1);
    expect(dropped("select json_agg(body) from posts where body is not null")).toBe(1);
  });

  it("the rest of a foreign key of several columns, but not its own part, or without the key", () => {
    const join = "select 1 from memberships m join teams t on";
    expect(defects(`${join} t.id = m.team_id and t.org_id = m.org_id`, "condition-dropped")).toEqual([
      "rows of teams and memberships for which t.id = m.team_id does not hold were joined too",
    ]);
    expect(dropped(`${join} t.id = m.user_id and t.org_id = m.org_id`)).toBe(2);
    const within = (condition: string): number =>
      dropped(`select 1 from memberships m where exists (select from teams t where ${condition})`);
    expect(within("t.id = m.team_id and t.org_id = m.org_id")).toBe(2);
    expect(within("t.id = m.team_id and t.org_id = m.user_id")).toBe(3);
    expect(dropped(`${join} t.id >= m.team_id and t.org_id = m.org_id`)).toBe(2);
  });

  it("the same once more", () => {
    expect(dropped("select id from posts where views = $1 and views = $1")).toBe(0);
    expect(dropped("select id from posts where views = $1 and views = $2")).toBe(2);
  });
});

describe("IS NULL, IN, EXISTS and ANY are turned", () => {
  it.each([
    ["body is null", "null-test-turned", "body IS NOT NULL"],
    ["body is not null", "null-test-turned", "body IS NULL"],
    ["id in ($1, $2)", "membership-turned", "id NOT IN ($1, $2)"],
    ["id not in ($1, $2)", "membership-turned", "id IN ($1, $2)"],
    ["id = any($1::int[])", "membership-turned", "NOT (id = ANY (CAST($1 AS int[])))"],
    ["id <> all($1::int[])", "membership-turned", "NOT (id <> ALL (CAST($1 AS int[])))"],
    ["not exists (select from users)", "membership-turned", "EXISTS (SELECT FROM users)"],
    ["id in (select post_id from comments)", "membership-turned", "NOT (id IN (SELECT post_id FROM comments))"],
    ["not (views = 1 and id = 2)", "condition-negated", "views = 1 AND id = 2"],
  ] as const)("%s", (condition, kind, turned) => {
    expect(sqls(`select 1 from posts where ${condition}`, kind)).toEqual([`SELECT 1 FROM posts WHERE ${turned}`]);
  });
});

describe("a bound", () => {
  it.each([
    ["views < $1", ["views <= $1"]],
    ["views <= $1", ["views < $1"]],
    ["views > $1", ["views >= $1"]],
    ["views >= $1", ["views > $1"]],
    ["views between $1 and $2", ["views BETWEEN $1 AND $2 AND views <> $1", "views BETWEEN $1 AND $2 AND views <> $2"]],
    [
      "views not between $1 and $2",
      ["views NOT BETWEEN $1 AND $2 OR views = $1", "views NOT BETWEEN $1 AND $2 OR views = $2"],
    ],
    ["views = $1", []],
    ["published_at < now()", []],
    ["published_at > now() - interval '1 day'", []],
    ["published_at::date < current_date", ["published_at::date <= CURRENT_DATE"]],
    ["published_at < date_trunc('day', now())", ["published_at <= date_trunc('day', now())"]],
    ["array_length($1::int[], 1) > 0", []],
    ["cardinality($1::int[]) > 0", ["cardinality(CAST($1 AS int[])) >= 0"]],
  ])("of %s", (condition, shifted) => {
    expect(sqls(`select 1 from posts where ${condition}`, "bound-shifted")).toEqual(
      shifted.map((each) => `SELECT 1 FROM posts WHERE ${each}`),
    );
  });

  it("of BETWEEN is shifted where it is the first of several conditions, too", () => {
    expect(defects("select 1 from posts where views between $1 and $2 and status = $3", "bound-shifted")).toEqual([
      "rows of posts for which views is exactly the lower bound $1 were left out",
      "rows of posts for which views is exactly the upper bound $2 were left out",
    ]);
  });

  it("has a row that is told by the bound", () => {
    expect(ofKind("delete from posts where views < $1", "bound-shifted")).toMatchObject([
      {
        defect: "rows of posts for which views is exactly $1 were deleted too",
        row: "a row of posts for which views is exactly $1",
      },
    ]);
  });
});

describe("a pattern", () => {
  it.each([
    ["title like $1", ["title LIKE btrim($1, '%')"]],
    ["title like 'a%'", ["title LIKE btrim('a%', '%')"]],
    ["title like 'a'", []],
    ["title ilike $1", ["title ILIKE btrim($1, '%')", "title LIKE $1"]],
    ["title not ilike $1", ["title NOT ILIKE btrim($1, '%')", "title NOT LIKE $1"]],
    ["title ilike '%12%'", ["title ILIKE btrim('%12%', '%')"]],
    ["title ilike 'a'", ["title LIKE 'a'"]],
  ])("of %s", (condition, changed) => {
    expect(sqls(`select 1 from posts where ${condition}`, "pattern-changed")).toEqual(
      changed.map((each) => `SELECT 1 FROM posts WHERE ${each}`),
    );
  });
});

describe("a connective", () => {
  it("is turned at each depth", () => {
    expect(ofKind("select 1 from posts where views = $1 and (id = $2 or status = $3)", "and-or")).toMatchObject([
      {
        sql: "SELECT 1 FROM posts WHERE views = $1 OR (id = $2 OR status = $3)",
        defect: "one of these were enough: views = $1, and id = $2 OR status = $3",
        site: "SelectStmt.whereClause",
      },
      {
        sql: "SELECT 1 FROM posts WHERE views = $1 AND (id = $2 AND status = $3)",
        defect: "all of these had to hold: id = $2, or status = $3",
        row: "a row of posts for which one of these holds, and the others do not: id = $2, or status = $3",
        site: "SelectStmt.whereClause.BoolExpr.args.1",
      },
    ]);
  });
});

describe("a value that was the same each time", () => {
  const kinds = (sql: string, ...values: string[]): string[] =>
    alterations(sql, BLOG_FACTS, values)
      .map(({ kind }) => kind)
      .filter((kind) => kind === "bound-shifted" || kind === "pattern-changed");

  it("is no bound that a row could be on, where it is the time of the run", () => {
    const sql = "select id from posts where views < $1";
    expect(kinds(sql, "now")).toEqual([]);
    expect(kinds(sql, "2025-01-01T00:00:00Z")).toEqual(["bound-shifted"]);
  });

  it("has no ends to lose where the pattern has no %, and no case where it has no letters", () => {
    const sql = "select id from posts where title ilike $1";
    expect(kinds(sql, "50%")).toEqual(["pattern-changed"]);
    expect(kinds(sql, "Abc")).toEqual(["pattern-changed"]);
    expect(kinds(sql, "50")).toEqual([]);
    expect(kinds(sql)).toEqual(["pattern-changed", "pattern-changed"]);
  });
});
