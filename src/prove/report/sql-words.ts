/** SQL as words that can be compared. */
import { identifierName, type Token, tokenize } from "../../sql/lexer.ts";

export interface Word {
  readonly text: string;
  /** What makes it the same as another one. */
  readonly key: string;
  /** Whether white space is before it. */
  readonly isApart: boolean;
}

/** A name with what it is qualified by is one word: `"t"."id"`. */
export function wordsOf(sql: string): Word[] {
  const words: Word[] = [];
  let isApart = false;
  for (const token of tokenize(sql.trim())) {
    const last = words.at(-1);
    if (token.kind === "space") isApart = true;
    else if (last && !isApart && isQualified(last.text, token)) {
      words[words.length - 1] = { ...last, text: last.text + token.text, key: last.key + keyOf(token) };
    } else {
      words.push({ text: token.text, key: keyOf(token), isApart: isApart && words.length > 0 });
      isApart = false;
    }
  }
  return words;
}

/** Whether a token goes on with a name: its dot, or what is behind the dot. */
const isQualified = (text: string, token: Token): boolean =>
  token.text === "." ? /[\w"]$/.test(text) : /[^.]\.$/.test(text) && identifierName(token) !== undefined;

const keyOf = (token: Token): string => identifierName(token) ?? (token.text === "!=" ? "<>" : token.text);
