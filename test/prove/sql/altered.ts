/** Alterations of a query on the blog's tables, by what a test looks at. */
import type { Kind } from "../../../src/prove/proof.ts";
import { type Alteration, alterationsOf } from "../../../src/prove/sql/alter.ts";
import type { TableFacts } from "../../../src/prove/sql/facts.ts";
import { loadParser } from "../../../src/prove/sql/parser.ts";
import { BLOG_FACTS } from "./blog-facts.ts";

const parser = await loadParser();

export function alterations(
  sql: string,
  facts: readonly TableFacts[] = BLOG_FACTS,
  values: readonly (string | undefined)[] = [],
): Alteration[] {
  const parsed = parser.parse(sql);
  if ("why" in parsed) throw new Error(parsed.why);
  return alterationsOf(parsed.tree, sql, facts, parser, values);
}

export const ofKind = (sql: string, ...kinds: Kind[]): Alteration[] =>
  alterations(sql).filter(({ kind }) => kinds.includes(kind));

export const defects = (sql: string, ...kinds: Kind[]): string[] => ofKind(sql, ...kinds).map(({ defect }) => defect);

export const sqls = (sql: string, ...kinds: Kind[]): string[] => ofKind(sql, ...kinds).map((each) => each.sql);
