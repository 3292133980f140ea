/** Which indexes may serve a condition or an order, as far as its text says: whether one does, only a plan with it knows. */
import { type Token, tokenize } from "../sql/lexer.ts";
import { textOf } from "../sql/tokens.ts";
import { castOf, conjuncts, mentions, splitAt, unwrapped, withoutAlias } from "./conditions.ts";

const EQUALITY: ReadonlySet<string> = new Set(["=", "is"]);
const RANGE: ReadonlySet<string> = new Set(["<", ">", "<=", ">="]);

/** A key of an index, and whether it is compared for equality. */
interface Key {
  readonly tokens: readonly Token[];
  readonly isEquality: boolean;
}

/**
 * @param alias - what the query calls the table
 * @param conditions - as EXPLAIN writes them, each column with its table
 * @param order - what is sorted by, as EXPLAIN writes it, where an index in this order would do instead
 * @returns what is in an index's parentheses, the simplest first; none where nothing is known to help, as with an OR
 */
export function suggestIndexes(alias: string, conditions: readonly string[], order: readonly string[] = []): string[] {
  if (conditions.length === 0) return inOrder(alias, order);
  const keys = conditions
    .flatMap((condition) => conjuncts(tokenize(condition)))
    .flatMap((tokens) => keyOf(tokens, alias) ?? []);
  const equal = keys.filter(({ isEquality }) => isEquality);
  const range = keys.filter(({ isEquality }) => !isEquality).slice(0, 1);
  const all = [...equal, ...range];
  const lists = [true, false].map((isCast) => [...new Set(all.map(({ tokens }) => keyText(tokens, isCast)))]);
  return [...new Set(lists.map((texts) => texts.join(", ")))].filter((text) => text !== "");
}

function inOrder(alias: string, order: readonly string[]): string[] {
  const keys = order.map((key) => {
    const [, text = "", direction = ""] = /^(.*?)((?: DESC)?(?: NULLS (?:FIRST|LAST))?)$/s.exec(key) ?? [];
    return { tokens: tokenize(text), direction };
  });
  if (keys.length === 0 || keys.some(({ tokens }) => !mentions(tokens, alias))) return [];
  // an index is read from either end
  const isBackwards = keys.every(({ direction }) => direction === " DESC");
  const texts = keys.map(
    ({ tokens, direction }) => keyText(withoutAlias(tokens, alias), false) + (isBackwards ? "" : direction),
  );
  return [texts.join(", ")];
}

function keyOf(tokens: readonly Token[], alias: string): Key | undefined {
  const isCompared = ({ text }: Token): boolean => EQUALITY.has(text.toLowerCase()) || RANGE.has(text);
  if (splitAt(tokens, ({ text }) => text === "OR").length > 1) return undefined;
  const sides = splitAt(tokens, isCompared);
  if (sides.length !== 2) return undefined;
  const operator = tokens[sides[0]?.length ?? 0]?.text.toLowerCase() ?? "";
  const own = sides.filter((side) => mentions(side, alias));
  if (own.length !== 1) return undefined;
  const isNot = tokens.some(({ text }) => text === "NOT");
  return isNot ? undefined : { tokens: withoutAlias(own[0] ?? [], alias), isEquality: EQUALITY.has(operator) };
}

/**
 * A column by its name; an expression with one pair of parentheses more, as CREATE INDEX wants it.
 *
 * @param isCast - a column's cast is only how it is compared, as that of a varchar is
 */
function keyText(tokens: readonly Token[], isCast: boolean): string {
  const cast = isCast ? castOf(tokens) : -1;
  const key = unwrapped(cast > 0 ? tokens.slice(0, cast) : tokens);
  return key.length === 1 ? textOf(key) : `(${textOf(unwrapped(tokens))})`;
}
