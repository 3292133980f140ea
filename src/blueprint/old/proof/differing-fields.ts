/**
 * Whether two definitions say the same of two schemas. The unit's own name stands for the blueprint's schema exactly
 * where the definition refers to it; data that merely contains either name has to be equal letter by letter. What is
 * left of the blueprint's schema name in a unit would find somebody's real tables, so it never counts as equal.
 */
import { KINDS } from "../../../catalog/kinds.ts";
import { identifierName, literalParts, type Token, tokenize } from "../../../sql/lexer.ts";
import { meaningful } from "../../../sql/tokens.ts";
import { leftBehind, type Names, sameSchema } from "./names.ts";
import { sameBody, samePath } from "./same-body.ts";

/** A definition, taken apart. */
export type Fields = Readonly<Record<string, unknown>>;

/** Fields that are data: no name of a schema is looked for in them. Rows are told by their number and a hash. */
const DATA: ReadonlySet<string> = new Set([
  ...KINDS.flatMap(({ definitions }) => definitions).flatMap(({ data = {} }) => Object.keys(data)),
  ...["count", "hash"],
]);

/** The names of the fields that differ. */
export function differingFields(blueprint: Fields, unit: Fields, names: Names): string[] {
  return [...new Set([...Object.keys(blueprint), ...Object.keys(unit)])]
    .filter((field) => !sameField(field, blueprint, unit, names))
    .sort();
}

function sameField(field: string, blueprint: Fields, unit: Fields, names: Names): boolean {
  const [before, after] = [blueprint[field], unit[field]];
  if (field === "body") return sameBody(String(before), String(after), String(blueprint["language"]), names);
  if (field === "config") return sameConfig(before, after, String(blueprint["body"] ?? ""), names);
  if (DATA.has(field)) return JSON.stringify(before) === JSON.stringify(after);
  return sameValue(before, after, names);
}

/** Texts are definitions, wherever they are nested. */
function sameValue(before: unknown, after: unknown, names: Names): boolean {
  if (typeof before === "string" && typeof after === "string") return sameDefinition(before, after, names);
  if (typeof before !== "object" || typeof after !== "object" || !before || !after) return before === after;
  const keys = Object.keys(before);
  return (
    Array.isArray(before) === Array.isArray(after) &&
    keys.length === Object.keys(after).length &&
    keys.every((key) => sameValue((before as Fields)[key], (after as Fields)[key], names))
  );
}

/** Two texts that Postgres deparsed, with all names qualified. Their white space means nothing. */
export function sameDefinition(before: string, after: string, names: Names): boolean {
  if (before === after && !before.includes(names.from)) return true;
  const [b, u] = [meaningful(tokenize(before)), meaningful(tokenize(after))];
  if (b.length !== u.length || namesRealObject(after, names)) return false;
  return b.every((token, index) => {
    const other = u[index] as Token;
    if (identifierName(token) === names.from) return sameSchema(b, u, index, names, false);
    const [literal, otherLiteral] = [literalParts(token), literalParts(other)];
    if (!literal || !otherLiteral || literal.content === otherLiteral.content) return token.text === other.text;
    if (!takesName(b, index)) return false;
    if (literal.content === names.from) return otherLiteral.content === names.to;
    return sameDefinition(literal.content, otherLiteral.content, names);
  });
}

/**
 * Whether a literal in a deparsed definition will be looked up as the name of an object, and would find the one in the
 * schema that the blueprint was taken from. Postgres records no dependency for these.
 */
export function namesRealObject(definition: string, names: Names): boolean {
  if (!definition.includes(names.from)) return false;
  const tokens = meaningful(tokenize(definition));
  const looksUp = tokens.some((token) => NAME_TAKER.test(identifierName(token) ?? ""));
  const isTrigger = /^CREATE (CONSTRAINT )?TRIGGER /.test(definition);
  return tokens.some((token, index) => {
    const content = literalParts(token)?.content;
    if (content === undefined || !(looksUp || isTrigger)) return false;
    if (content === names.from) return isTrigger || takesName(tokens, index);
    return leftBehind(content, names);
  });
}

const NAME_TAKER =
  /^(nextval|currval|setval|to_reg[a-z]+|reg[a-z]+|pg_get_serial_sequence|pg_(total_)?relation_size|row_security_active|has_[a-z]+_privilege)$/;

/** `'…'::regclass`, or an argument of something that looks names up, also through a cast to text. */
function takesName(tokens: readonly Token[], index: number): boolean {
  for (let at = index - 1; at >= 0 && /^[(]$/.test(tokens[at]?.text ?? ""); at--) {
    if (NAME_TAKER.test(identifierName(tokens[at - 1]) ?? "")) return true;
  }
  for (
    let at = index + 1;
    at < tokens.length && /^([:).]|text|pg_catalog|character|varying)$/.test(tokens[at]?.text ?? "");
  ) {
    at++;
    if (NAME_TAKER.test(identifierName(tokens[at]) ?? "")) return true;
  }
  return false;
}

/** Settings of a function. Only those that name objects may differ. */
function sameConfig(before: unknown, after: unknown, body: string, names: Names): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return before === after;
  return (
    before.length === after.length &&
    before.every((setting: string, index) => {
      const other = String(after[index]);
      const prefix = "search_path=";
      if (!setting.startsWith(prefix)) return sameDefinition(setting, other, names);
      return (
        other.startsWith(prefix) && samePath(setting.slice(prefix.length), other.slice(prefix.length), body, names)
      );
    })
  );
}
