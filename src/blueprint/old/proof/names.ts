/**
 * What a schema's name stands for, in the blueprint and in a unit of it. Nothing here is shared with what retargets: a
 * mistake there is to be seen.
 */

import { ident, namePattern } from "../../../sql/identifiers.ts";
import { identifierName, literalParts, type Token, tokenize } from "../../../sql/lexer.ts";
import type { Retargeting } from "../retarget/retargeting.ts";

/** The names of a blueprint and of a unit, ready to be compared; `to` is the unit. */
export interface Names extends Retargeting {
  /** Any schema that an object of the unit may be in, with the dot that follows. */
  readonly qualifier: RegExp;
  /** An object in the schema that the blueprint was taken from. */
  readonly mention: RegExp;
}

export function namesOf(retargeting: Retargeting): Names {
  const { from, to, members } = retargeting;
  const schemas = [...new Set([from, to, ...members.values()])].flatMap((name) => [ident(name), name]);
  return {
    ...retargeting,
    qualifier: new RegExp(`(?<![\\w$".])(?:${schemas.map(namePattern).join("|")})\\.`, "g"),
    mention: new RegExp(`(?<![\\w$.])("?)${namePattern(from)}\\1\\."?(\\w+)`, "gi"),
  };
}

/**
 * Whether a token is in the unit what the schema's name at the same place is in the blueprint: the unit where the project
 * has the object that follows, the extension's schema where an extension has it. Not followed by a dot it is a name like
 * any other.
 */
export function sameSchema(
  b: readonly Token[],
  u: readonly Token[],
  at: number,
  names: Names,
  inBody: boolean,
): boolean {
  const schema = identifierName(u[at]);
  if (b[at - 1]?.text.toLowerCase() === "schema") return schema === names.to;
  if (b[at + 1]?.text !== "." || b[at - 1]?.text === ".") return b[at]?.text === u[at]?.text;
  const object = b[at + 2];
  const name = object?.kind === "operator" ? object.text : identifierName(object);
  const [isOwn, member] = [names.own.has(name ?? ""), names.members.get(name ?? "")];
  if (schema === names.to) return isOwn || member === undefined;
  if (member !== undefined && schema === member) return true;
  // an alias may be called like the schema; Postgres' own record of dependencies decides about those
  return schema === names.from && !isOwn && !inBody;
}

/** The text with one mark for the schema, whatever it is called there; also for names of objects that hold types. */
export const neutral = (text: string, { qualifier }: Names): string => text.replace(qualifier, "@.");

/** Whether text of a unit still has an object of the project's in the schema that the blueprint was taken from. */
export const leftBehind = (text: string, { from, own, members, mention }: Names): boolean =>
  [...text.matchAll(mention)].some(([, , name = ""]) => own.has(name) && members.get(name) !== from);

/** The schemas of those extensions whose members a text names, in literals too: a search path has to lead there. */
export function schemasNeeded(text: string, names: Names): Set<string> {
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
