/** A vitest that runs files of tests when it is told to, for as long as its parent is there. Its arguments are those of the command. */
import { createRequire } from "node:module";
import { isAbsolute, join, relative } from "node:path";
import { pathToFileURL } from "node:url";

interface Specification {
  readonly moduleId: string;
}

interface Vitest {
  readonly state: { readonly idMap: Map<string, unknown>; readonly filesMap: Map<string, unknown> };
  globTestSpecifications(filters?: readonly string[]): Promise<Specification[]>;
  rerunTestSpecifications(specifications: readonly Specification[]): Promise<{
    readonly testModules: readonly { ok(): boolean }[];
    readonly unhandledErrors: readonly unknown[];
  }>;
  close(): Promise<void>;
}

interface VitestModule {
  parseCLI(words: readonly string[]): { readonly filter: readonly string[]; readonly options: object };
  createVitest(mode: "test", options: object): Promise<Vitest>;
}

const require = createRequire(join(process.cwd(), "package.json"));
const { parseCLI, createVitest }: VitestModule = await import(pathToFileURL(require.resolve("vitest/node")).href);
const words = process.argv.slice(2).filter((word) => word !== "watch" && word !== "dev");
const { filter, options } = parseCLI(["vitest", ...words]);
// the first failure is enough; who runs this reads the messages below alone
const quiet = {
  watch: false,
  run: true,
  bail: 1,
  reporters: [{}],
  coverage: { enabled: false },
  ui: false,
  api: false,
};
const vitest = await createVitest("test", { ...options, ...quiet });
const specifications = await vitest.globTestSpecifications([...filter]);

process.on("message", async ({ file }: { readonly file?: string }) => {
  const path = (id: string): string => (isAbsolute(id) ? relative(process.cwd(), id) : id).replaceAll("\\", "/");
  const wanted = specifications.filter(({ moduleId }) => file === undefined || path(moduleId) === file);
  process.send?.({ hasPassed: await run(wanted) });
});
process.once("disconnect", () => void vitest.close().finally(() => process.exit()));
process.send?.({});

async function run(wanted: readonly Specification[]): Promise<boolean> {
  if (wanted.length === 0) return false;
  // failures of files before would end this one at its first test
  vitest.state.idMap.clear();
  vitest.state.filesMap.clear();
  try {
    const { testModules, unhandledErrors } = await vitest.rerunTestSpecifications(wanted);
    return unhandledErrors.length === 0 && testModules.length > 0 && testModules.every((module) => module.ok());
  } catch {
    return false;
  }
}
