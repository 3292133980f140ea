/** What the text of comparison-sql.ts has seen: whether the query gives the same twice, and which alterations make a difference. */
import type { Compared, ComparedAlteration, Comparison } from "../work.ts";

/** What a statement did: rows and hashes by a name; or a word, and the error's code. */
type Outcome = string | Readonly<Record<string, unknown>>;

/** What a comparison says. */
export interface Seen {
  readonly types: readonly string[];
  /** Why alterations of the query cannot be judged, whoever asks. */
  readonly why?: string;
  /** By the place of the alteration; undefined where nothing differs. */
  readonly alterations: readonly (Compared | undefined)[];
}

export function readComparison(
  result: unknown,
  { isOrdered, isWrite }: Comparison,
  alterations: readonly ComparedAlteration[],
): Seen {
  const [types, texts] = JSON.parse(String(result)) as [string[], string[]];
  const [first, second, ...altered] = texts.map((text) => outcomeOf(text, isOrdered, isWrite));
  const why = whyNot(first, second, isWrite);
  return {
    types,
    ...(why ? { why } : {}),
    alterations: alterations.map(({ column }, index) =>
      isComparable(first, second, isWrite) ? comparedOf(first, second, altered[index], column) : "unknown",
    ),
  };
}

function outcomeOf(text: string, isOrdered: boolean, isWrite: boolean): Outcome {
  if (!/^\d/.test(text)) return text;
  const [rows = "", ...more] = text.split(" ");
  if (isWrite) return { rows, ...JSON.parse(more.join(" ")) };
  const [inAnyOrder, inOrder] = more;
  return { rows, inAnyOrder, ...(isOrdered ? { inOrder } : {}) };
}

/** Also a query that fails as its test expects can be compared. */
function isComparable(first: Outcome | undefined, second: Outcome | undefined, isWrite: boolean): first is Outcome {
  if (typeof first !== "object" || typeof second !== "object") {
    return typeof first === "string" && first.startsWith("failed ") && first === second;
  }
  const stable = stableKeys(first, second);
  return isWrite ? stable.includes("rows") : stable.length === Object.keys(first).length;
}

function whyNot(first: Outcome | undefined, second: Outcome | undefined, isWrite: boolean): string | undefined {
  if (typeof first === "string" && first.startsWith("refused ")) {
    return `Postgres refuses what is printed of its syntax tree (${first.slice("refused ".length)})`;
  }
  const isRead = !isWrite && typeof first === "object" && typeof second === "object";
  return isRead && !isComparable(first, second, isWrite) ? "its own result differs when it runs twice" : undefined;
}

const stableKeys = (first: Readonly<Record<string, unknown>>, second: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(first).filter((key) => first[key] === second[key]);

function comparedOf(
  first: Outcome,
  second: Outcome | undefined,
  altered: Outcome | undefined,
  column: string | undefined,
): Compared | undefined {
  if (altered === undefined) return "unknown";
  if (typeof altered === "string") {
    if (altered.startsWith("unknown ")) return "unknown";
    if (altered.startsWith("refused ")) return "refused";
    return altered === first ? undefined : "differs";
  }
  if (typeof first === "string" || typeof second !== "object") return "differs";
  const stable = stableKeys(first, second);
  if (!stable.every((key) => first[key] === altered[key])) return "differs";
  return column === undefined || first["rows"] === "0" || stable.includes(column) ? undefined : "unknown";
}
