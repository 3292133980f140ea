/** Whether the packages that are used are there, and in versions that are supported. */
import { join } from "node:path";
import { assertDrizzleVersion } from "../guard/drizzle-version.ts";
import { type FoundPackage, findPackage } from "./find-package.ts";
import { type Finding, note, ok, problem, problemOf } from "./finding.ts";

const OLDEST_NODE = "20.19";

/** @param folder - the project's */
export function checkPackages(folder: string, versions: NodeJS.ProcessVersions = process.versions): Finding[] {
  const from = join(folder, "package.json");
  const drizzle = findPackage("drizzle-orm", from);
  const kit = findPackage("drizzle-kit", from);
  return [
    ...checkRuntime(versions),
    ...checkDrizzle(drizzle),
    ...checkCopies(drizzle),
    ...checkKit(kit, drizzle),
    ...checkDriver("postgres", "3.4.5", findPackage("postgres", from)),
    ...checkDriver("pg", "8.11.0", findPackage("pg", from)),
    ...checkVitest(findPackage("vitest", from)),
  ];
}

function checkRuntime({ node, bun }: NodeJS.ProcessVersions): Finding[] {
  if (bun) return [ok(`Bun ${bun}`)];
  if (isAtLeast(node, OLDEST_NODE)) return [ok(`Node ${node}`)];
  return [
    problem(`Node ${node} is too old: ${OLDEST_NODE} is the oldest that is supported`, { next: "nvm install --lts" }),
  ];
}

function checkDrizzle(drizzle: FoundPackage | undefined): Finding[] {
  if (!drizzle) return [problem("The package drizzle-orm is not installed", { next: "npm install drizzle-orm" })];
  const { version } = drizzle;
  try {
    assertDrizzleVersion(version);
  } catch (error) {
    return [problemOf(error)];
  }
  const isKnown = version.startsWith("0.")
    ? !isAtLeast(version, "0.46")
    : /^1\.0\.0(-rc|$)|^1\.(?!0\.0-)/.test(version);
  if (isKnown) return [ok(`drizzle-orm ${version}`)];
  return [
    note(`drizzle-orm ${version} is none of the versions that with-test-db was tested with`, {
      next: "npm install drizzle-orm@^0.45",
    }),
  ];
}

/** Types of one do not fit those of the other. */
function checkCopies(drizzle: FoundPackage | undefined): Finding[] {
  const own = findPackage("drizzle-orm", import.meta.filename);
  if (!drizzle || !own || own.folder === drizzle.folder) return [];
  return [
    note(`There are two drizzle-orm: ${drizzle.version} for the project, ${own.version} for with-test-db`, {
      why: `${drizzle.folder}\n${own.folder}\nthe migrations are run by the second, and its types do not fit those of the first`,
      next: "npm ls drizzle-orm; npm dedupe",
    }),
  ];
}

/** Each line writes the layout that the same line of drizzle-orm runs. */
function checkKit(kit: FoundPackage | undefined, drizzle: FoundPackage | undefined): Finding[] {
  if (!kit)
    return [
      note("The package drizzle-kit is not installed here: no migrations can be written, and Studio not be opened", {
        next: "npm install --save-dev drizzle-kit",
      }),
    ];
  const isOne = (version: string): boolean => !version.startsWith("0.");
  if (!drizzle || isOne(kit.version) === isOne(drizzle.version)) return [ok(`drizzle-kit ${kit.version}`)];
  return [
    note(`drizzle-kit ${kit.version} writes migrations that drizzle-orm ${drizzle.version} does not run`, {
      why: "since 1.0, each migration has a folder of its own; before, there is a journal",
      next: isOne(drizzle.version)
        ? "npm install --save-dev drizzle-kit@^1.0.0-rc.1"
        : "npm install --save-dev drizzle-kit@^0.31",
    }),
  ];
}

/** postgres.js is needed in any case: also under node-postgres, the library's own queries are its. */
function checkDriver(name: "postgres" | "pg", oldest: string, found: FoundPackage | undefined): Finding[] {
  if (!found)
    return name === "postgres"
      ? [problem("The package postgres is not installed", { next: "npm install --save-dev postgres" })]
      : [];
  if (isAtLeast(found.version, oldest)) return [ok(`${name} ${found.version}`)];
  return [
    note(`${name} ${found.version} is older than ${oldest}, the oldest that is supported`, {
      next: `npm install ${name}@latest`,
    }),
  ];
}

function checkVitest(vitest: FoundPackage | undefined): Finding[] {
  if (!vitest || isAtLeast(vitest.version, "3.2")) return [];
  return [
    note(`vitest ${vitest.version} is older than 3.2, which with-test-db/vitest is made for`, {
      next: "npm install --save-dev vitest@latest",
    }),
  ];
}

/** Of what is before a hyphen. */
function isAtLeast(version: string, least: string): boolean {
  const [parts, wanted] = [version, least].map((each) => (each.split("-")[0] as string).split(".").map(Number)) as [
    number[],
    number[],
  ];
  for (const [index, part] of wanted.entries()) {
    const own = parts[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}
