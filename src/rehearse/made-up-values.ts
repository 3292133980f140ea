/** Made-up values: SQL that gives one for a column, from a number `i` that is another for each row. */
import { literal } from "../sql/identifiers.ts";

/** A column that has to be given a value. */
export interface FillableColumn {
  readonly name: string;
  readonly notNull: boolean;
  /** As SQL writes it: `numeric(10,2)`. */
  readonly type: string;
  /** The name of the type; of a domain, of what is below; of an array, of its elements. */
  readonly base: string;
  /** The same as SQL writes it. */
  readonly baseType: string;
  readonly modifier: number;
  readonly isArray: boolean;
  readonly isEnum: boolean;
  /** SQL conditions on this column alone. */
  readonly checks: readonly string[];
}

const DAY = "(date '2024-01-01' + (i % 3650)::integer)";
const MOMENT = "(timestamp '2024-01-01' + i * interval '1 minute')";

const VALUES: Readonly<Record<string, string | ((modifier: number) => string)>> = {
  int2: "i % 32000",
  int4: "i",
  int8: "i",
  oid: "i",
  float4: "i",
  float8: "i",
  money: "i",
  // the modifier has the digits in its upper half, and those behind the point in its lower
  numeric: (modifier) =>
    modifier < 0 ? "i" : `i % (10 ^ ${((modifier - 4) >> 16) - ((modifier - 4) & 0x7ff)})::bigint`,
  bool: "i % 2 = 0",
  text: "i || ' text'",
  citext: "i || ' text'",
  name: "i || '_name'",
  varchar: (modifier) => (modifier < 0 ? "i || ' text'" : `left(i || ' text', ${modifier - 4})`),
  bpchar: (modifier) => (modifier < 0 ? "i" : `left(i::text, ${modifier - 4})`),
  uuid: "md5(i::text)",
  date: DAY,
  timestamp: MOMENT,
  timestamptz: MOMENT,
  time: "time '00:00' + i * interval '1 second'",
  timetz: "(time '00:00' + i * interval '1 second')",
  interval: "i * interval '1 minute'",
  json: "json_build_object('n', i)",
  jsonb: "jsonb_build_object('n', i)",
  bytea: "decode(md5(i::text), 'hex')",
  inet: "inet '10.0.0.0' + i",
  cidr: "inet '10.0.0.0' + i",
  macaddr: "lpad(to_hex(i), 12, '0')",
  bit: (modifier) => `i::bit(${Math.max(1, modifier)})`,
  point: "point(i, i)",
  tsvector: "to_tsvector('simple', 'word' || i)",
  int4range: "int4range(i::integer, i::integer + 1)",
  int8range: "int8range(i, i + 1)",
  numrange: "numrange(i, i + 1)",
  daterange: `daterange(${DAY}, ${DAY} + 1)`,
  tsrange: `tsrange(${MOMENT}, ${MOMENT} + interval '1 minute')`,
  tstzrange: `tstzrange(${MOMENT}, ${MOMENT} + interval '1 minute')`,
  // of pgvector: so many numbers
  vector: (modifier) => `array_fill((1 + i % 100)::real, array[${Math.max(1, modifier)}])`,
  halfvec: (modifier) => `array_fill((1 + i % 100)::real, array[${Math.max(1, modifier)}])`,
};

/** Undefined where no value is known for the type. */
export function valueFor({ base, baseType, modifier, type, isArray, isEnum }: FillableColumn): string | undefined {
  const known = Object.hasOwn(VALUES, base) ? VALUES[base] : undefined;
  const values = `enum_range(null::${baseType})`;
  const value = isEnum
    ? `(${values})[1 + i % cardinality(${values})]`
    : typeof known === "function"
      ? known(modifier)
      : known;
  if (value === undefined) return undefined;
  const one = `(${value})::${baseType}`;
  return isArray ? `array[${one}]::${type}` : `(${one})::${type}`;
}

/** One of several, in turn. */
export const oneOf = (values: readonly string[], type: string): string =>
  `((array[${values.map(literal).join(", ")}]::text[])[1 + i % ${values.length}])::${type}`;
