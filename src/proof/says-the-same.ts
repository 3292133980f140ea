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

const COMMENT = "--[^\\n]*|\\/\\*[\\s\\S]*?\\*\\/";
/** White space and comments. */
const SPACE = `(?:\\s|${COMMENT})*`;

/** Whether a trial's body is the origin's to the letter, once `public` is back where the trial's name is before a dot, or in a path. */
export function isSameBody(wanted: string, made: string, { origin }: TextNames): boolean {
  const name = namePattern(origin);
  const qualifier = new RegExp(`${name}(?="?${SPACE}\\.)`);
  const put = made
    .split(new RegExp(`'?${name}'?, (?=['"]?public)`, "i"))
    .map((part) => part.split(qualifier).map(namePattern).join("[pP][uU][bB][lL][iI][cC]"));
  return new RegExp(`^${put.join("")}$`).test(wanted);
}

/** Whether a trial's settings are the origin's, with its own name before `public` in every path. */
export const areSameSettings = (wanted: unknown, made: unknown, { origin }: TextNames): boolean =>
  JSON.stringify(made) ===
  JSON.stringify(wanted, (_, setting: unknown) =>
    typeof setting === "string" && setting.startsWith("search_path=")
      ? setting.replace(/(?<=[=,]\s*)"?public"?(?=,|$)/g, `${origin}, $&`)
      : setting,
  );

/** What of a body has no meaning, or is looked at by itself: comments and literals. */
const ASIDE = new RegExp(`${COMMENT}|'(?:[^']|'')*'|\\$(\\w*)\\$[\\s\\S]*?\\$\\1\\$`, "g");

/** The first thing in a trial's body that may mean another schema than it did; undefined if there is none. */
export function leftInBody(body: string, { origin, members }: TextNames): string | undefined {
  const path = new RegExp(`'?${namePattern(origin)}'?, ['"]?public['"]?`, "gi");
  const code = body.replace(path, "").replace(ASIDE, " ");
  // with a dot before it it is a field, with one after it a schema
  const mention = new RegExp(
    `(\\.\\s*)?\\b("?)(public|${namePattern(origin)})\\2(?!\\w)(\\s*\\.\\s*(?:operator\\s*\\(\\s*)?(?:"([^"]+)"|(\\w+)|([-+*/<>=~!@#%^&|\`?]+))?)?`,
    "gi",
  );
  for (const [found, before, , schema, after, quoted, word, operator] of code.matchAll(mention)) {
    const isMember = members.has(quoted ?? word?.toLowerCase() ?? operator ?? "");
    if (after === undefined ? before === undefined : isMember === (schema === origin)) return found.trim();
  }
  return leftInText(body.replace(path, "").replace(new RegExp(COMMENT, "g"), " "));
}

/** A literal that says public in a text that finds objects by their names; undefined if there is none. */
export const leftInText = (text: string): string | undefined =>
  LOOKS_UP.test(text) ? /'[^']*public[^']*'/i.exec(text)?.[0] : undefined;

const LOOKS_UP =
  /\bexecute\b(?!"?\s+(function|procedure|on)\b)|\bpg_(class|namespace|tables|type|proc|constraint|indexes|views)\b|information_schema|current_schema|tg_table_schema|tg_relid|nspname|schemaname|\bto_reg[a-z]+|(?<!'::"?)\breg(class|type|proc|namespace)"?(?!['\w])|dblink/i;
