/** The embedded server, where no other one is named: whether it is installed, whether it runs, and whether it has room. */
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Binaries, resolveBinaries } from "../server/binaries.ts";
import { homePaths } from "../server/home-paths.ts";
import type { Target } from "../target/target.ts";
import { type Finding, note, ok, problem, problemOf } from "./finding.ts";

export interface CheckedEmbedded {
  readonly findings: readonly Finding[];
  /** Where it runs. */
  readonly target?: Target | undefined;
}

export async function checkEmbedded(): Promise<CheckedEmbedded> {
  let binaries: Binaries;
  try {
    binaries = resolveBinaries();
  } catch (error) {
    return { findings: [problemOf(error)] };
  }
  const findings = [...checkLinks(binaries), ...checkRoom(binaries)];
  const { findEmbedded } = await import("../server/ensure-embedded.ts");
  const target = await findEmbedded();
  const state = target ? `runs on port ${target.port}` : "does not run: the first suite starts it";
  return { findings: [ok(`the embedded PostgreSQL ${binaries.version} ${state}`), ...findings], target };
}

/** Package managers that run no scripts of packages leave links out, and the library makes them, where it may write. */
function checkLinks({ native }: Binaries): Finding[] {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly { readonly target: string }[];
  const missing = links.filter(({ target }) => !existsSync(join(native, target.replace(/^native[\\/]/, ""))));
  if (missing.length === 0) return [];
  return [
    ok(
      "the install script of its package was not run, as pnpm and others do not by themselves; its links are made when it starts",
      {
        next: "pnpm approve-builds, to have the script run",
      },
    ),
  ];
}

/** What an empty server takes, and what it should have for a few suites, in MB. */
const [LEAST, ENOUGH] = [64, 256];
const MB = 1024 ** 2;

function checkRoom({ version }: Binaries): Finding[] {
  const roots = homePaths(version).map((home) => dirname(dirname(home)));
  const rooms = roots.filter(existsSync).map((root) => {
    const { bavail, bsize } = statfsSync(root);
    return { root, free: Math.floor((bavail * bsize) / MB) };
  });
  // the first that holds is used
  const [first] = rooms;
  if (!first || first.free >= ENOUGH) return [];
  const what = `${first.root} has ${first.free} MB free, and the embedded server has its data there`;
  const next = `df -h ${first.root}; in a container: --shm-size=1g`;
  return [first.free < LEAST ? problem(what, { next }) : note(what, { next })];
}
