/** What a schema's name stands for, in the blueprint and in a unit of it. */

import type { Retargeting } from "../blueprint/retargeting.ts";
import { ident } from "../sql/identifiers.ts";
import { identifierName, literalParts, type Token, tokenize } from "../sql/lexer.ts";

/**
 * Whether the token at `other` is in the unit what the schema's name at `at` is in the blueprint: the unit where the
 * project has the object that follows, the extension's schema where an extension has it. Not followed by a dot it is a
 * name like any other.
 */
export function sameSchema(
  b: readonly Token[],
  u: readonly Token[],
  at: number,
  other: number,
  names: Retargeting,
  inBody: boolean,
): boolean {
  const schema = identifierName(u[other]);
  const isSchema = b[at - 1]?.text.toLowerCase() === "schema";
  if (isSchema) return schema === names.to;
  if (b[at + 1]?.text !== "." || b[at - 1]?.text === ".") return b[at]?.text === u[other]?.text;
  const object = b[at + 2];
  const name = object?.kind === "operator" ? object.text : identifierName(object);
  const [isOwn, member] = [names.own.has(name ?? ""), names.members.get(name ?? "")];
  if (schema === names.to) return isOwn || member === undefined;
  if (member !== undefined && schema === member) return true;
  // an alias may be called like the schema; Postgres' own record of dependencies decides about those
  return schema === names.from && !isOwn && !inBody;
}

const patterns = new WeakMap<Retargeting, RegExp>();

/** The text with one mark for the schema, whatever it is called there; also for names of objects that hold types. */
export function neutral(text: string, names: Retargeting): string {
  let pattern = patterns.get(names);
  if (!pattern) {
    const schemas = [...new Set([names.from, names.to, ...names.members.values()])]
      .flatMap((name) => [ident(name), name])
      .map(escapePattern);
    pattern = new RegExp(`(?<![\\w$".])(?:${schemas.join("|")})\\.`, "g");
    patterns.set(names, pattern);
  }
  return text.replace(pattern, "@.");
}

/** Whether text of a unit still has an object of the project's in the schema that the blueprint was taken from. */
export function leftBehind(text: string, { from, own, members }: Retargeting): boolean {
  const mention = new RegExp(`(?<![\\w$.])("?)${escapePattern(from)}\\1\\."?(\\w+)`, "gi");
  return [...text.matchAll(mention)].some(([, , name = ""]) => own.has(name) && members.get(name) !== from);
}

/** The schemas of those extensions whose members a text names, in literals too: a search path has to lead there. */
export function schemasNeeded(text: string, names: Retargeting): Set<string> {
  const found = new Set<string>();
  if (names.members.size === 0) return found;
  for (const token of tokenize(text)) {
    const name = token.kind === "operator" ? token.text : identifierName(token);
    const schema = name === undefined || names.own.has(name) ? undefined : names.members.get(name);
    if (schema !== undefined) found.add(schema);
    const inner = literalParts(token)?.content;
    if (inner) for (const schema of schemasNeeded(inner, names)) found.add(schema);
  }
  return found;
}

export const meaningful = (tokens: readonly Token[]): Token[] => tokens.filter(({ kind }) => kind !== "space");

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
