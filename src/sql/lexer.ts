/**
 * Splits SQL into tokens the way Postgres' scanner does, without loss: the tokens' texts joined are the input.
 * It knows nothing of grammar. An unclosed literal or comment runs to the end, as a token of its kind.
 */

/** `space` is white space or a comment. */
export type TokenKind = "space" | "word" | "quoted" | "string" | "dollar" | "number" | "operator" | "punctuation";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const WORD_START = /[A-Za-z_\u0080-\uffff]/;
const OPERATOR = "+-*/<>=~!@#%^&|`?";

// each is sticky: it matches at lastIndex or not at all
const SPACE = /[ \t\n\r\f\v]+|--[^\n\r]*/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER =
  /0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.(?!\.)[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y;
/** An escape string goes on in the next line, with its escapes. */
const CONTINUATION = /[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f\v]*--[^\n\r]*[\n\r])*[ \t\n\r\f\v]*'/y;
/** Only an operator with one of these characters may end in a sign: `a=-1` is `=` and `-`. */
const MAY_END_IN_SIGN = /[~!@#%^&|`?]/;
/** Postgres refuses longer operators; splitting them would take a time that grows with the square of their length. */
const LONGEST_OPERATOR = 63;
const PARAMETER = /\$\d+/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length; ) {
    const token = tokenAt(sql, at);
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

/** The length of the pattern's match; 0 where there is none. */
function lengthOf(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex - at : 0;
}

function tokenAt(sql: string, at: number): Token {
  const token = (kind: TokenKind, length: number): Token => ({ kind, text: sql.slice(at, at + length) });
  const plain = (from: number): number => toEnd(sql, at, quotedEnd(sql, from));
  // each branch is decided by the first character: dumps have hundreds of thousands of tokens
  const first = sql[at] ?? "";
  if (first <= " " || first === "-") {
    const space = lengthOf(SPACE, sql, at);
    if (space > 0) return token("space", space);
  }
  if (WORD_START.test(first)) {
    // a prefix belongs to its literal only when it touches it
    const next = sql[at + 1];
    if (next === "'" && /[eE]/.test(first)) return token("string", toEnd(sql, at, escapeStringEnd(sql, at + 1)));
    if (next === "'" && /[bBxXnN]/.test(first)) return token("string", plain(at + 1));
    if (next === "&" && /[uU]/.test(first)) {
      if (sql[at + 2] === "'") return token("string", plain(at + 2));
      if (sql[at + 2] === '"') return token("quoted", plain(at + 2));
    }
    return token("word", lengthOf(WORD, sql, at));
  }
  if (first === '"') return token("quoted", plain(at));
  if (first === "'") return token("string", plain(at));
  if (first === "/" && sql[at + 1] === "*") return token("space", blockComment(sql, at));
  if (first === "$") {
    const tag = lengthOf(DOLLAR_TAG, sql, at);
    if (tag === 0) return token("punctuation", lengthOf(PARAMETER, sql, at) || 1);
    const end = sql.indexOf(sql.slice(at, at + tag), at + tag);
    return token("dollar", (end < 0 ? sql.length : end + tag) - at);
  }
  if (first === "." && sql[at + 1] === ".") return token("punctuation", 2);
  if (first === "." || (first >= "0" && first <= "9")) {
    const number = lengthOf(NUMBER, sql, at);
    if (number > 0) return token("number", number);
  }
  if (OPERATOR.includes(first)) return token("operator", operatorLength(sql, at));
  return token("punctuation", 1);
}

/**
 * Where a literal ends whose quote, doubled, stands for itself; -1 if nowhere. A loop: the stack of a regular expression
 * grows with every quote, and overflows at some megabytes of them.
 */
function quotedEnd(sql: string, start: number): number {
  const quote = sql[start] as string;
  for (let at = sql.indexOf(quote, start + 1); at >= 0; at = sql.indexOf(quote, at + 2)) {
    if (sql[at + 1] !== quote) return at + 1;
  }
  return -1;
}

/** The same where a backslash escapes. */
function escapeStringEnd(sql: string, start: number): number {
  const special = /['\\]/g;
  for (special.lastIndex = start + 1; special.test(sql); ) {
    const at = special.lastIndex;
    if (sql[at - 1] === "\\" || sql[at] === "'") {
      special.lastIndex++;
      continue;
    }
    CONTINUATION.lastIndex = at;
    if (!CONTINUATION.test(sql)) return at;
    special.lastIndex = CONTINUATION.lastIndex;
  }
  return -1;
}

const toEnd = (sql: string, start: number, end: number): number => (end < 0 ? sql.length : end) - start;

/** Block comments nest. */
function blockComment(sql: string, start: number): number {
  let depth = 0;
  for (let at = start; at < sql.length; ) {
    if (sql.startsWith("/*", at)) {
      depth++;
      at += 2;
    } else if (sql.startsWith("*/", at)) {
      depth--;
      at += 2;
      if (depth === 0) return at - start;
    } else at++;
  }
  return sql.length - start;
}

/** An operator ends where a comment begins, and before a sign that belongs to what follows. */
function operatorLength(sql: string, start: number): number {
  let at = start;
  while (at < sql.length && OPERATOR.includes(sql[at] as string)) {
    if (at > start && (sql.startsWith("--", at) || sql.startsWith("/*", at))) break;
    at++;
  }
  if (at - start > LONGEST_OPERATOR || MAY_END_IN_SIGN.test(sql.slice(start, at))) return at - start;
  while (at > start + 1 && /[+-]/.test(sql[at - 1] ?? "")) at--;
  return at - start;
}

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** The name that an identifier token stands for, or undefined for any other token. */
export function identifierName(token: Token | undefined): string | undefined {
  if (token?.kind === "word") {
    // Postgres folds ASCII only
    return BEYOND_ASCII.test(token.text)
      ? token.text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
      : token.text.toLowerCase();
  }
  if (token?.kind === "quoted" && token.text.startsWith('"')) {
    const name = token.text.slice(1, -1);
    return name.includes('"') ? name.replaceAll('""', '"') : name;
  }
  return undefined;
}

/** A string or dollar token taken apart, so that its content can be changed and put back; undefined if it is not closed. */
export function literalParts(token: Token): { open: string; content: string; close: string } | undefined {
  if (token.kind === "dollar") {
    const tag = /^\$[^$]*\$/.exec(token.text)?.[0];
    if (!tag || token.text.length < tag.length * 2 || !token.text.endsWith(tag)) return undefined;
    return { open: tag, content: token.text.slice(tag.length, -tag.length), close: tag };
  }
  if (token.kind !== "string") return undefined;
  const quote = token.text.indexOf("'");
  const endOf = /^[eE]'/.test(token.text) ? escapeStringEnd : quotedEnd;
  if (endOf(token.text, quote) < 0) return undefined;
  return { open: token.text.slice(0, quote + 1), content: token.text.slice(quote + 1, -1), close: "'" };
}
