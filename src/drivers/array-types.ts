/**
 * Tells a client of postgres.js which types have arrays, as its own query at every login would: with its own functions, put
 * where that query puts them.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Sql } from "postgres";
import type { ArrayTypes } from "./driver.ts";

type Parse = (text: string) => unknown;
type Serialize = (value: unknown) => unknown;

/** What of a client's options its query for types writes. */
interface TypeOptions {
  readonly parsers: Record<number, (Parse & { array?: boolean }) | undefined>;
  readonly serializers: Record<number, Serialize | undefined>;
  readonly shared: { readonly typeArrayMap: Record<number, number> };
}

/** postgres.js' own functions for arrays; its package does not export them. */
interface ArrayFunctions {
  arrayParser(text: string, parse: Parse | undefined, arrayType: number): unknown;
  arraySerializer(values: unknown, serialize: Serialize | undefined, options: object, arrayType: number): unknown;
}

/** Loaded with the first array: most suites have none, and to load them takes as long as a query. */
const functions: (() => ArrayFunctions) | undefined = findArrayFunctions();

/** Undefined where postgres.js is not as it is known here: then the client has to ask the server itself. */
export function arrayTypesTeacher({ options }: Sql): ((types: ArrayTypes) => void) | undefined {
  const { parsers, serializers, shared } = options as unknown as Partial<TypeOptions>;
  if (!functions || !parsers || !serializers || !shared?.typeArrayMap) return undefined;
  return (types) => {
    for (const pair of types.split(" ")) {
      const [type = 0, arrayType = 0] = pair.split(":").map(Number);
      if (!arrayType || (parsers[arrayType] && serializers[arrayType])) continue;
      const parse = parsers[type];
      shared.typeArrayMap[type] = arrayType;
      parsers[arrayType] = Object.assign((text: string) => functions().arrayParser(text, parse, arrayType), {
        array: true,
      });
      // looked up when it is used, since Drizzle replaces some
      serializers[arrayType] = (values) => functions().arraySerializer(values, serializers[type], options, arrayType);
    }
  };
}

function findArrayFunctions(): (() => ArrayFunctions) | undefined {
  try {
    const require = createRequire(import.meta.url);
    const file = join(dirname(require.resolve("postgres")), "types.js");
    return existsSync(file) ? () => require(file) as ArrayFunctions : undefined;
  } catch {
    return undefined;
  }
}
