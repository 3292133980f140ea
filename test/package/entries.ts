/** What package.json exports, whatever its conditions: for each subpath the files of code, with their types. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

export interface Entry {
  /** `with-test-db/pg` */
  readonly specifier: string;
  readonly files: readonly { readonly code: string; readonly types: string }[];
}

type Conditions = { readonly types?: string; readonly default?: string; readonly [condition: string]: unknown };

const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  exports: Record<string, string | Conditions>;
};

export const ENTRIES: readonly Entry[] = Object.entries(exports)
  .filter(([subpath]) => subpath !== "./package.json")
  .map(([subpath, target]) => ({ specifier: join(name, subpath), files: filesOf(subpath, target) }));

function filesOf(subpath: string, target: unknown): Entry["files"] {
  if (typeof target !== "object" || target === null) throw new Error(`${subpath} has no types: ${target}`);
  const { types, default: code, ...conditions } = target as Conditions;
  if (types && code) return [{ code: join(root, code), types: join(root, types) }];
  return Object.values(conditions).flatMap((condition) => filesOf(subpath, condition));
}
