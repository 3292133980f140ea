/** Which literals of a definition are names of objects: these, unlike data, change with the schema. */
import { identifierName, type Token } from "../../../sql/lexer.ts";
import { next, previous, wordIs } from "../../../sql/tokens.ts";

/**
 * `'…'::regclass`, `nextval('…')`: a literal that Postgres reads as the name of an object; also by way of text, as in
 * `nextval(('…'::text)::regclass)`.
 */
export function isObjectNameLiteral(tokens: readonly Token[], index: number): boolean {
  let first = index;
  for (let at = next(tokens, index); ; ) {
    const isCast = tokens[at]?.text === ":" && tokens[at + 1]?.text === ":";
    if (isCast || wordIs(tokens[at], "as")) {
      at = next(tokens, isCast ? at + 1 : at);
      if (identifierName(tokens[at]) === "pg_catalog") at = next(tokens, next(tokens, at));
      const type = identifierName(tokens[at]) ?? "";
      if (OBJECT_NAME_TYPE.test(type)) return true;
      if (!isCast || !TEXT_TYPE.test(type)) break;
      at = next(tokens, at);
    } else {
      const open = previous(tokens, first);
      const isGroup = tokens[open]?.text === "(" && identifierName(tokens[previous(tokens, open)]) === undefined;
      if (!isGroup || tokens[at]?.text !== ")") break;
      first = open;
      at = next(tokens, at);
    }
  }
  const before = previous(tokens, first);
  if (OBJECT_NAME_TYPE.test(identifierName(tokens[before]) ?? "")) return true;
  if (tokens[before]?.text !== "(") return false;
  return TAKES_OBJECT_NAME.test(identifierName(tokens[previous(tokens, before)]) ?? "");
}

/** Functions whose first argument is the name of an object. */
const TAKES_OBJECT_NAME =
  /^(nextval|currval|setval|to_reg(class|type|proc|procedure|oper|operator|namespace|collation)|pg_get_serial_sequence|pg_(total_)?relation_size|pg_table_size|pg_indexes_size)$/;
const OBJECT_NAME_TYPE = /^reg(class|type|proc|procedure|oper|operator|collation|config|dictionary|namespace)$/;

const TEXT_TYPE = /^(text|varchar|bpchar|name)$/;
