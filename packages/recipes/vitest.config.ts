import { defineConfig, type ViteUserConfig } from "vitest/config";

/** A project for each application: its suites, and its setup file where it opens the database as its modules load. */
const application = (name: string, setupFiles: string[] = [], suites: string = name) => ({
  test: { name, include: [`${suites}/test/*.it.test.ts`], setupFiles },
});

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      application("injected-db"),
      application("nest-module"),
      application("db-singleton", ["db-singleton/test/database.ts"]),
      application("url-in-parts", ["url-in-parts/test/database.ts"]),
      application("module-mock", ["module-mock/test/database.ts"]),
      ...(process.env["HAND_ROLLED_URL"]
        ? [application("hand-rolled", ["hand-rolled/database.ts"], "db-singleton")]
        : []),
    ],
  },
});

export default config;
