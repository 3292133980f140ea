/** What a standing database may be called, and is called where nobody says. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { TestDbError, wordsOf } from "../errors.ts";
import { assertTargetAllowed } from "../guard/locality.ts";
import { describeTarget, namedBy, onDatabase, type Target } from "../target/target.ts";

/** What Postgres cuts longer names to, in bytes. */
const LONGEST = 63;
const SUFFIX = "_test";

/**
 * `<name of the package>_test`; the package is the one that a folder belongs to, else the folder itself.
 *
 * @throws TestDbError `OPTION_INVALID` where its package.json cannot be read
 */
export function defaultName(folder: string): string {
  const words = packageName(folder)
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^(it(_|$)|_)+|_+$/g, "")
    .slice(0, LONGEST - SUFFIX.length);
  return `${words || "app"}${SUFFIX}`;
}

function packageName(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, "package.json");
    if (existsSync(file)) {
      const name = nameIn(file);
      return typeof name === "string" ? name : basename(at);
    }
    if (dirname(at) === at) return basename(folder);
  }
}

function nameIn(file: string): unknown {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as { name?: unknown } | null)?.name;
  } catch (cause) {
    throw new TestDbError("OPTION_INVALID", {
      what: `The name of the database cannot be taken from ${file}`,
      why: wordsOf(cause),
      next: "mend that file, or name the database: npx with-test-db database --name app_test",
      cause,
    });
  }
}

/** @throws TestDbError `OPTION_INVALID`, `TARGET_REFUSED` */
export function assertName(name: string, target: Target): void {
  const refuse = (why: string): never => {
    throw new TestDbError("OPTION_INVALID", {
      what: `A standing database cannot be called ${JSON.stringify(name)}`,
      why,
      next: `--name ${defaultName(process.cwd())}`,
    });
  };
  if (name === "") refuse("the name is empty; the variable that it was to come from is probably unset");
  if (Buffer.byteLength(name) > LONGEST) refuse(`Postgres has names of ${LONGEST} bytes at most`);
  if (/^it_/.test(name)) refuse("names that begin with it_ are those of databases that a sweep drops");
  assertTargetAllowed(onDatabase(target, name), [target.host]);
  if (name !== target.database) return;
  throw new TestDbError("TARGET_REFUSED", {
    what: `${describeTarget(target)} was not touched`,
    why: `it is the database that ${namedBy(target)} names, in which nothing is ever written or dropped`,
    next: `--name another_test; or name another database of that server with --url, beside which ${name} is made`,
  });
}
