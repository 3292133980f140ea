/**
 * Which line of the project led to what runs now. A stack at a driver is empty: Drizzle's builders are thenables, whose `then` is
 * called in a microtask of its own. So while something captures, each promise and each callback has the stack of where it was made,
 * and they are gone back through, from the one that runs. A stack stays unformatted until it is asked for.
 */
import { executionAsyncId } from "node:async_hooks";
import { dirname, isAbsolute, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

interface Site {
  readonly made: { readonly stack?: string };
  /** What ran when it was made. */
  readonly within: number;
}

/** Frames between the project's line and a promise: Drizzle and a driver have ten at most. */
const FRAMES = 30;
/** Of each about a kilobyte. */
const MOST_SITES = 20_000;
/** A loop that awaits in each round leads from each to the one before. */
const FARTHEST = 200;

export class CallSites {
  readonly #sites = new Map<number, Site>();

  note(asyncId: number): void {
    this.#sites.set(asyncId, { made: stackHere(), within: executionAsyncId() });
    if (this.#sites.size <= MOST_SITES) return;
    for (const oldest of this.#sites.keys()) {
      this.#sites.delete(oldest);
      return;
    }
  }

  /** The line that was on the stack where something was made. */
  of(asyncId: number): string | undefined {
    return lineOf(this.#sites.get(asyncId)?.made.stack);
  }

  /** The line that is on the stack. */
  here(): string | undefined {
    return lineOf(stackHere().stack);
  }

  /** The line that is on the stack, or led here. */
  find(): string | undefined {
    let line = this.here();
    let site = this.#sites.get(executionAsyncId());
    for (let step = 0; !line && site && step < FARTHEST; step++) {
      line = lineOf(site.made.stack);
      site = this.#sites.get(site.within);
    }
    return line;
  }
}

function stackHere(): { readonly stack?: string } {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const holder = {};
  Error.captureStackTrace(holder, stackHere);
  Error.stackTraceLimit = limit;
  return holder;
}

/** This very file, or what it was built into: a build that is CommonJS has no `import.meta`. */
export const HERE: string | undefined = placeOf(stackHere().stack?.split("\n")[1] ?? "")?.path;

/** The library's sources, or what is built of them. A workspace links it, and then it is in no node_modules. */
const OWN: string | undefined = HERE && dirname(HERE).replace(/(?<=[\\/]src)[\\/]queries$/, "") + sep;

/** The first line of a stack that is of no package, of this library or of Node. */
function lineOf(stack: string | undefined): string | undefined {
  for (const frame of stack?.split("\n") ?? []) {
    const place = placeOf(frame);
    if (!place || /[\\/]node_modules[\\/]/.test(place.path) || (OWN && place.path.startsWith(OWN))) continue;
    const near = relative(process.cwd(), place.path);
    return `${near.startsWith("..") ? place.path : near}:${place.line}`;
  }
  return undefined;
}

/** Of `    at name (file:///a/b.ts:1:2)`; undefined where the frame is of no file. */
function placeOf(frame: string): { readonly path: string; readonly line: string } | undefined {
  const [, file = "", line = ""] = /^\s+at (?:async )?(?:.*\()?(.+?):(\d+:\d+)\)?$/.exec(frame) ?? [];
  if (file.startsWith("file:")) return { path: fileURLToPath(file.replace(/[?#].*$/, "")), line };
  return isAbsolute(file) ? { path: file, line } : undefined;
}
