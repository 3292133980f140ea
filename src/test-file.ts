/**
 * The file of tests that a call comes from, so that who looks into the server finds who has which unit. A runner's idiom knows it;
 * for a plain call, a runner's own globals, else the stack. Nothing fails because of it, and it costs no round trip.
 */
import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Under this key, an idiom gives its runner's file with the options. No option's name: what prints or checks options does not see it. */
export const TEST_FILE: unique symbol = Symbol("the file of tests");

/** What is kept of a longer path is its end. */
const LONGEST = 200;
/** How many callers are looked at: ours, and helpers of a package's. */
const DEPTH = 30;

/** Relative to the folder in which the process was started; undefined where nothing tells. */
export function testFileOf(options: object): string | undefined {
  try {
    const { [TEST_FILE]: given } = options as { readonly [TEST_FILE]?: string | undefined };
    const file = given ?? runnersFile() ?? callersFile();
    return file && shown(file);
  } catch {
    return undefined;
  }
}

interface Globals {
  readonly __vitest_worker__?: { readonly filepath?: unknown };
  readonly expect?: { getState?(): { readonly testPath?: unknown } };
  readonly Bun?: { readonly main?: unknown };
}

/** What the runner's own globals say: vitest's worker, jest's `expect`, bun's main file; and node:test's argument. */
function runnersFile(): string | undefined {
  const { __vitest_worker__: worker, expect, Bun: bun } = globalThis as Globals;
  const script = process.env["NODE_TEST_CONTEXT"] ? process.argv[1] : undefined;
  const said = [worker?.filepath, expect?.getState?.().testPath, bun?.main, script];
  return said.find((file): file is string => typeof file === "string" && file !== "");
}

/** A package's, or what was given to `node -e`. */
const NOBODYS = /[\\/]node_modules[\\/]|[\\/]\[eval\d*\]$/;

/** The first caller that is neither ours, nor a package's, nor Node's. */
function callersFile(): string | undefined {
  const [own = "", ...others] = callers();
  const folder = own.slice(0, Math.max(own.lastIndexOf("/"), own.lastIndexOf("\\")) + 1);
  return others.find(
    (name) => (name.startsWith("file:") || isAbsolute(name)) && !name.startsWith(folder) && !NOBODYS.test(name),
  );
}

/** The files of the stack, innermost first; not as text, for which a runner would read the source maps of all of them. */
function callers(): string[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = DEPTH;
    Error.prepareStackTrace = (_, frames) => frames;
    const { stack } = new Error() as { readonly stack?: unknown };
    return Array.isArray(stack) ? stack.map((frame: NodeJS.CallSite) => frame.getFileName() ?? "") : [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (prepareStackTrace) Error.prepareStackTrace = prepareStackTrace;
    else delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  }
}

/** A module's name on the stack is a path or a URL, and behind vite may have a query. */
function pathOf(name: string): string {
  const file = name.replace(/\?[^\\/]*$/, "");
  return file.startsWith("file:") ? fileURLToPath(file) : file;
}

function shown(file: string): string {
  const path = pathOf(file);
  const short = (isAbsolute(path) ? relative(process.cwd(), path) || path : path).replaceAll("\\", "/");
  return short.length > LONGEST ? `…${short.slice(1 - LONGEST)}` : short;
}
