/**
 * Whether the texts of a trial mean what the origin's mean. Nothing here is shared with what made them, not even the lexer: a
 * mistake there is to be seen.
 */
import { namePattern } from "../sql/identifiers.ts";

/** What the names in a text are checked against. */
export interface TextNames {
  /** The origin's name, and for now the trial's. */
  readonly origin: string;
  /** Names of what extensions have in `public`. */
  readonly members: ReadonlyMap<string, string>;
}

/** Whether a trial's text is the origin's to the letter, once the name stands for `public` again, and is gone before it in paths. */
export function isSameText(wanted: string, made: string, { origin }: TextNames): boolean {
  const put = made
    .split(new RegExp(`'?${namePattern(origin)}'?, `))
    .map((part) => part.split(origin).map(namePattern).join("[pP][uU][bB][lL][iI][cC]"));
  return new RegExp(`^${put.join("")}$`).test(wanted);
}

/** What of a body has no meaning, or is looked at by itself: comments and literals. */
const ASIDE = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|\$(\w*)\$[\s\S]*?\$\1\$/g;

/** The first thing in a trial's body that says public and may mean a schema; undefined if there is none. */
export function leftInBody(body: string, { origin, members }: TextNames): string | undefined {
  const path = new RegExp(`'?${namePattern(origin)}'?, ['"]?public['"]?`, "gi");
  const code = body.replace(path, "").replace(ASIDE, " ");
  for (const [found, before, , after, quoted, word, operator] of code.matchAll(MENTION)) {
    const name = quoted ?? word?.toLowerCase() ?? operator ?? "";
    if (after === undefined ? before === undefined : !members.has(name)) return found.trim();
  }
  return leftInText(body.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ").replace(path, ""));
}

/** With a dot before it it is a field, with one after it a schema. */
const MENTION =
  /(\.\s*)?\b("?)public\2(?!\w)(\s*\.\s*(?:operator\s*\(\s*)?(?:"([^"]+)"|(\w+)|([-+*/<>=~!@#%^&|`?]+))?)?/gi;

/** A literal that says public in a text that finds objects by their names; undefined if there is none. */
export const leftInText = (text: string): string | undefined =>
  LOOKS_UP.test(text) ? /'[^']*public[^']*'/i.exec(text)?.[0] : undefined;

const LOOKS_UP =
  /\bexecute\b(?!"?\s+(function|procedure|on)\b)|\bpg_(class|namespace|tables|type|proc|constraint|indexes|views)\b|information_schema|current_schema|tg_table_schema|tg_relid|nspname|schemaname|\bto_reg[a-z]+|(?<!'::"?)\breg(class|type|proc|namespace)"?(?!['\w])|dblink/i;
