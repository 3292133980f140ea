/**
 * What the condition in a plan's index scan is to its index. A B-tree finds entries by its first key alone: conditions on the others are
 * tried on each entry that is found, which without the first are all of them.
 */
import { type Token, tokenize } from "../sql/lexer.ts";
import type { Index } from "./catalog.ts";
import { bare, castOf, conjuncts, splitAt, unwrapped, withoutAlias } from "./conditions.ts";

export interface Use {
  /** Entries are found by it, and not tried one after the other. */
  readonly looksUp: boolean;
  /** All that is wanted is what the index is a part of its table for. */
  readonly isOwnCondition: boolean;
  /** It leaves out no more than NULLs, which are together at one end of the order. */
  readonly keepsOrder: boolean;
  /** It wants one row for a row of another table, whichever that is. */
  readonly findsOne: boolean;
}

/** Methods that find entries by their first key only, or badly without it; GIN and BRIN have no first key. */
const BY_FIRST_KEY: ReadonlySet<string> = new Set(["btree", "gist"]);

/** Equal to a column, of another table as a table's own is no lookup. */
const OF_A_COLUMN = / = \(*(?:"(?:[^"]|"")+"|[a-z_][\w$]*)\./;

/** @param alias - what the query calls the table */
export function useOf(index: Index, condition: string | undefined, alias: string): Use {
  const parts = condition === undefined ? [] : conjuncts(tokenize(condition));
  const [first = ""] = index.keys;
  const leads = (part: readonly Token[]): boolean => isKey(operandOf(part), first, alias);
  const lookups = parts.filter((part) => !isNotNull(part));
  const own = new Set(conjuncts(tokenize(index.predicate ?? "")).map(bare));
  return {
    looksUp: BY_FIRST_KEY.has(index.method) ? lookups.some(leads) : lookups.length > 0,
    isOwnCondition: index.predicate !== null && parts.every((part) => own.has(bare(withoutAlias(part, alias)))),
    keepsOrder: parts.every((part) => isNotNull(part) && leads(part)),
    findsOne:
      index.isUnique &&
      index.keys.every((key) =>
        lookups.some((part) => isKey(operandOf(part), key, alias) && OF_A_COLUMN.test(joinText(part))),
      ) &&
      parts.length === index.keys.length,
  };
}

const joinText = (tokens: readonly Token[]): string => tokens.map(({ text }) => text).join("");

const isNotNull = (part: readonly Token[]): boolean => / IS NOT NULL$/.test(joinText(part));

/** What is compared: Postgres writes the index's side first. */
function operandOf(part: readonly Token[]): readonly Token[] {
  const [side = []] = splitAt(part, ({ kind, text }) => kind === "operator" || text === "IS");
  const operand = unwrapped(side);
  if (operand[0]?.text !== "ROW") return operand;
  return unwrapped(splitAt(unwrapped(operand.slice(1)), ({ text }) => text === ",")[0] ?? []);
}

/** A varchar is compared as text, though its column is indexed. */
function isKey(operand: readonly Token[], key: string, alias: string): boolean {
  const tokens = withoutAlias(operand, alias);
  const wanted = bare(tokenize(key));
  const cast = castOf(tokens);
  return bare(tokens) === wanted || (cast > 0 && bare(tokens.slice(0, cast)) === wanted);
}
