/** What the catalog says of the blog's tables: `required` columns have a `!`. */
import type { TableFacts } from "../../../src/prove/sql/facts.ts";

type Reference = TableFacts["references"][number];

const table = (
  name: string,
  columns: string,
  keys: readonly string[],
  references: readonly Reference[] = [],
): TableFacts => ({
  name,
  columns: columns.split(" ").map((column) => ({ name: column.replace("!", ""), required: column.endsWith("!") })),
  keys: keys.map((key) => key.split(" ")),
  references,
});

const to = (column: string, table: string): Reference => ({ columns: [column], table, referenced: ["id"] });

export const BLOG_FACTS: readonly TableFacts[] = [
  table("orgs", "id! name! slug! plan! deleted_at", ["id", "slug"]),
  table(
    "users",
    "id! org_id! email! name manager_id is_active! age data tags! created_at!",
    ["id", "email"],
    [to("org_id", "orgs"), to("manager_id", "users")],
  ),
  table(
    "teams",
    "id! org_id! lead_id name! status!",
    ["id", "org_id name", "id org_id"],
    [to("org_id", "orgs"), to("lead_id", "users")],
  ),
  table(
    "memberships",
    "team_id! user_id! org_id! role! joined_on",
    ["team_id user_id"],
    [to("user_id", "users"), { columns: ["team_id", "org_id"], table: "teams", referenced: ["id", "org_id"] }],
  ),
  table(
    "posts",
    "id! author_id! title! body status! published_at views! deleted_at",
    ["id"],
    [to("author_id", "users")],
  ),
  table(
    "comments",
    "id! post_id! author_id body! parent_id",
    ["id"],
    [to("post_id", "posts"), to("author_id", "users"), to("parent_id", "comments")],
  ),
  table("orders", "id! user_id! total! currency placed_on!", ["id"], [to("user_id", "users")]),
];
