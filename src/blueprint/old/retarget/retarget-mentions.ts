/** Text that is not SQL, or not surely: comments, languages that are not read here, pieces of queries. */
import { ident, namePattern } from "../../../sql/identifiers.ts";
import { identifierName } from "../../../sql/lexer.ts";
import { type Retargeting, schemaOf } from "./retargeting.ts";

/** Every `public.name` for which `wanted(name)` holds, but in the host of a URL or an address. */
export function retargetMentions(text: string, into: Retargeting, wanted: (name: string) => boolean): string {
  const schema = namePattern(into.from);
  const mention = new RegExp(
    `(?<![\\w$."@]|//[\\w.-]*)("?)${schema}\\1\\.(?:("(?:[^"]|"")+")|(%\\w|[\\w\\u0080-\\uffff][\\w$\\u0080-\\uffff]*)|(?=["'\`%{$#\\\\|]|$))`,
    "gi",
  );
  const unqualified = new RegExp(`(${SCHEMA_FOLLOWS.source})("?)${schema}\\2(?![\\w$.])`, "gi");
  return text
    .replace(mention, (all, _quote: string, quoted: string | undefined, plain = "") => {
      const name = identifierName({ kind: quoted ? "quoted" : "word", text: quoted ?? plain }) ?? "";
      if (!wanted(name)) return all;
      return `${bareIdent(schemaOf(name, into) ?? into.to)}.${quoted ?? plain}`;
    })
    .replace(unqualified, (_, before: string, quote: string) => before + quote + into.to + quote);
}

/** What a schema's name without a dot follows in a query: a command, a setting, a comparison in the catalog. */
const SCHEMA_FOLLOWS =
  /\bschema\s+(?:if\s+(?:not\s+)?exists\s+)?|\bsearch_path\s*(?:=|\bto\b)\s*|(?:\b|_)(?:schema|schemaname|schema_name|nspname)\s*(?:=|<>|!=|in\s*\()\s*'+/;

/** Quoted only where it must be: the text around it may itself be a literal of another language. */
const bareIdent = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : ident(name));
