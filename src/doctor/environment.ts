/** What environment variables say to the library: where it runs, and values that it does not take. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { assertNotProduction } from "../guard/locality.ts";
import { nearest } from "../nearest.ts";
import { resolveOptions } from "../options.ts";
import { idleTimeout } from "../server/idle-timeout.ts";
import { type Finding, note, ok, problemOf } from "./finding.ts";

const KNOWN: readonly string[] = [
  ...[
    "TEST_DB_IT",
    "TEST_DB_URL",
    "TEST_DB_ISOLATION",
    "TEST_DB_KEEP",
    "TEST_DB_ALLOW_REMOTE",
    "TEST_DB_EMBEDDED_IDLE",
  ],
];

/** What a suite would fail with, whatever it asks for. */
const ASSERTIONS: readonly ((environment: NodeJS.ProcessEnv) => unknown)[] = [
  assertNotProduction,
  () => resolveOptions({ migrationsFolder: "drizzle" }),
  idleTimeout,
];

export function checkEnvironment(folder: string, environment: NodeJS.ProcessEnv): Finding[] {
  const findings = [
    ...ASSERTIONS.flatMap((assert) => failureOf(() => assert(environment))),
    ...unknownNames(environment),
  ];
  const file = namesInEnvFile(folder);
  if (file.length > 0)
    findings.push(
      ok(`.env.test has ${file.join(", ")}: commands read it; a suite reads it only under npx with-test-db run`),
    );
  const { CI, TEST_DB_KEEP } = environment;
  if (CI && !TEST_DB_KEEP)
    findings.push(
      ok("CI is set: what failed tests leave is not kept", { next: "TEST_DB_KEEP=on-failure, to keep it" }),
    );
  return findings.length > 0 ? findings : [ok("no variable is in the way of a suite")];
}

function failureOf(assert: () => unknown): Finding[] {
  try {
    assert();
    return [];
  } catch (error) {
    const found = problemOf(error);
    const [name] = /^TEST_DB_\w+/.exec(found.what) ?? [];
    return [{ ...found, next: found.next ?? (name && `unset ${name}`) }];
  }
}

/** A flag of one's own is called anything, and most likely TEST_DB_… by nobody. */
const unknownNames = (environment: NodeJS.ProcessEnv): Finding[] =>
  Object.keys(environment)
    .filter((name) => name.startsWith("TEST_DB_") && !KNOWN.includes(name))
    .map((name) => {
      const meant = nearest(name, KNOWN);
      const next = meant ? `export ${meant}="$${name}"` : undefined;
      return note(`${name} is set, and nothing reads it`, {
        ...(meant ? { why: `did you mean ${meant}?` } : {}),
        next,
      });
    });

/** The library's variables in .env.test, which commands read. */
export function namesInEnvFile(folder: string): string[] {
  const file = join(folder, ".env.test");
  return existsSync(file)
    ? Object.keys(parseEnv(readFileSync(file, "utf8"))).filter((name) => name.startsWith("TEST_DB_"))
    : [];
}
