/**
 * The body of a function: the only code that Postgres keeps as text. `public.` before a name of the project's becomes the origin,
 * and so does `public` in a search path; whatever else says public is data, or a doubt.
 */
import { identifierName, literalParts, type Token, tokenize } from "../sql/lexer.ts";
import { mapLiteral, meaningful, next, previous, textOf, wordIs } from "../sql/tokens.ts";
import type { Findings, How, Names } from "./findings.ts";
import { findLookUps } from "./look-ups.ts";
import { findLiteral, saysPublic } from "./says-public.ts";

/** A CREATE FUNCTION or CREATE PROCEDURE, with the origin in its settings and its body. */
export function routineFor(tokens: readonly Token[], what: string, names: Names, findings: Findings): string {
  const at = tokens.findIndex(
    (token, index) => token.kind === "dollar" && wordIs(tokens[previous(tokens, index)], "as"),
  );
  const language = identifierName(
    tokens[
      next(
        tokens,
        tokens.findIndex((token) => wordIs(token, "language")),
      )
    ],
  );
  const head = codeFor(at < 0 ? tokens : tokens.slice(0, at), what, names, findings, "printed");
  if (at < 0) return head.text;
  const rest = tokens.slice(at + 1);
  const body = (content: string): string => {
    if (language === "c" || language === "internal") return content;
    if (language !== "sql" && language !== "plpgsql") {
      if (/public/i.test(content)) findings.doubts.push(`${what} says public, in the language ${language}`);
      findings.looksUp = true;
      return content;
    }
    const code = codeFor(tokenize(content), what, names, findings, "written");
    if ((head.isCalledPublic || what.endsWith(" public") || names.isField) && code.qualifies)
      findings.doubts.push(`${what} says public., and something is called that`);
    return code.text;
  };
  return head.text + mapLiteral(tokens[at] as Token, body) + textOf(rest);
}

/** Code that Postgres printed is right by itself, but for search paths and literals. */
export function codeFor(
  tokens: readonly Token[],
  what: string,
  names: Names,
  findings: Findings,
  how: How,
): { readonly text: string; readonly qualifies: boolean; readonly isCalledPublic: boolean } {
  const path = searchPaths(tokens);
  findLookUps(path.size === 0 ? tokens : tokens.filter((_, index) => !path.has(index)), what, names, findings, how);
  let qualifies = false;
  let isCalledPublic = false;
  const out = tokens.map((token, index) => {
    const name = identifierName(token);
    const item = path.get(index);
    if (item) {
      if (name === "public") return `${names.origin}, ${token.text}`;
      return saysPublic(token) ? pathLiteral(token, item, what, names, findings) : token.text;
    }
    if (saysPublic(token)) findLiteral(tokens, index, what, names, findings, how);
    if (/^u&"/i.test(token.text)) findings.doubts.push(`${what} has the name ${token.text}`);
    if (name !== "public") return token.text;
    const dot = next(tokens, index);
    const isPart = tokens[previous(tokens, index)]?.text === ".";
    if (tokens[dot]?.text !== ".") {
      if (!isPart) isCalledPublic = true;
      if (!isPart && how === "written") findings.doubts.push(`${what} calls something public`);
      return token.text;
    }
    if (isPart || how !== "written") return token.text;
    qualifies = true;
    return qualifierFor(tokens, index, what, names, findings);
  });
  return { text: out.join(""), qualifies, isCalledPublic };
}

/** `public` before a dot. */
function qualifierFor(tokens: readonly Token[], index: number, what: string, names: Names, findings: Findings): string {
  const token = tokens[index] as Token;
  const object = tokens[next(tokens, next(tokens, index))];
  const name = (object?.kind === "operator" ? object.text : identifierName(object)) ?? "";
  const isOwn = names.own.has(name);
  const isMember = names.members.has(name);
  if (isOwn && isMember) findings.doubts.push(`${what} says public.${name}, which the project and an extension have`);
  // the table is its own alias, and then public. is that
  else if (name === "public" || wordIs(tokens[previous(tokens, index)], "set")) {
    findings.doubts.push(`${what} says public.${name}`);
  }
  if (isMember && !isOwn) return token.text;
  return token.kind === "quoted" ? `"${names.origin}"` : names.origin;
}

/** An item of `SET search_path TO a, b`, or the second argument of `set_config('search_path', 'a, b', …)`. */
type PathPart = "item" | "list";

function searchPaths(tokens: readonly Token[]): Map<number, PathPart> {
  const found = new Map<number, PathPart>();
  tokens.forEach((token, index) => {
    let at = next(tokens, index);
    if (literalParts(token)?.content.toLowerCase() === "search_path") {
      const [called, open] = meaningful(tokens.slice(Math.max(0, index - 8), index)).slice(-2);
      const value = next(tokens, at);
      const isWhole =
        tokens[at]?.text === "," && tokens[value]?.kind === "string" && tokens[next(tokens, value)]?.text === ",";
      if (open?.text === "(" && identifierName(called) === "set_config" && isWhole) found.set(value, "list");
    }
    if (identifierName(token) !== "search_path") return;
    if (!/^(set|local|session)$/i.test(tokens[previous(tokens, index)]?.text ?? "")) return;
    if (tokens[at]?.text !== "=" && !wordIs(tokens[at], "to")) return;
    do {
      at = next(tokens, at);
      found.set(at, "item");
      at = next(tokens, at);
    } while (tokens[at]?.text === ",");
  });
  return found;
}

function pathLiteral(token: Token, part: PathPart, what: string, names: Names, findings: Findings): string {
  const { open, content = "" } = literalParts(token) ?? {};
  const isPlain =
    part === "item" ? content === "public" : /^\s*("[\w$]+"|\w+)(\s*,\s*("[\w$]+"|\w+))*\s*$/.test(content);
  if (open !== "'" || !isPlain) findings.doubts.push(`${what} has the search path ${content}`);
  if (part === "item") return `'${names.origin}', ${token.text}`;
  return token.text.replace(/"public"|\bpublic\b/i, (item) => `${names.origin}, ${item}`);
}
