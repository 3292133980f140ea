/**
 * An environment of jest that has a unit for its file of tests: jest waits for its environment to set up, and tells it of each
 * test and of each failure. Also under CommonJS, where a setup file cannot wait.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { TestDbError } from "../errors.ts";
import { FAILED_TEST } from "./jest-failures.ts";
import { type FileOptions, HeldHooks, useUnit } from "./lifecycle.ts";

/** What is used of an event of jest-circus, documented for environments. */
interface CircusEvent {
  readonly name: string;
  readonly test?: CircusTest;
}
interface CircusTest {
  readonly name: string;
  readonly parent?: CircusTest;
  readonly errors: unknown[];
  readonly concurrent?: boolean;
}

/** What every environment of jest has. */
export interface TestEnvironment {
  readonly global: object;
  setup(): Promise<void>;
  teardown(): Promise<void>;
  handleTestEvent?(event: never, state: never): void | Promise<void>;
}
/** A class of environments. */
// biome-ignore lint/suspicious/noExplicitAny: TypeScript asks for this of a class that is extended
export type EnvironmentClass = new (...given: any[]) => TestEnvironment;

interface Config {
  readonly projectConfig: { readonly testEnvironmentOptions: { readonly testDb?: object } };
}

/** @param open - takes a unit, by the options in `testEnvironmentOptions.testDb` */
export function withUnit<Options extends object>(
  base: EnvironmentClass,
  open: (options: Options) => Promise<unknown>,
): EnvironmentClass {
  return class extends base {
    readonly #options: (Options & FileOptions) | undefined;
    readonly #hooks: HeldHooks;

    constructor(config: Config, context: { readonly testPath: string }) {
      super(config, context);
      this.#options = config.projectConfig.testEnvironmentOptions.testDb as (Options & FileOptions) | undefined;
      this.#hooks = new HeldHooks(context.testPath);
    }

    override async setup(): Promise<void> {
      await super.setup();
      if (!this.#options) return;
      const global = this.global as { process: NodeJS.Process; testDb?: unknown };
      const runner = Object.assign(this.#hooks, { environment: global.process.env });
      global.testDb = await useUnit(runner, open, this.#options);
    }

    override async handleTestEvent(event: never, state: never): Promise<void> {
      const { name, test } = event as CircusEvent;
      const global = this.global as { [FAILED_TEST]?: string | undefined };
      if (name === "test_start") {
        global[FAILED_TEST] = undefined;
        await failing(test, this.#hooks.before(test?.concurrent === true));
      }
      if ((name === "test_fn_failure" || name === "hook_failure") && test) global[FAILED_TEST] = nameOf(test);
      if (name === "test_done" && test) {
        await failing(test, this.#hooks.between(test.errors.length ? nameOf(test) : undefined));
      }
      await super.handleTestEvent?.(event, state);
    }

    override async teardown(): Promise<void> {
      try {
        await this.#hooks.after();
      } finally {
        await super.teardown();
      }
    }
  };
}

/** Has a failure be the test's, as that of a hook would be: thrown here, it would end the file. */
const failing = (test: CircusTest | undefined, hook: Promise<void>): Promise<void> =>
  hook.catch((error: unknown) => void test?.errors.push([error, error]));

function nameOf(test: CircusTest): string {
  const names: string[] = [];
  for (let block: CircusTest | undefined = test; block?.parent; block = block.parent) names.unshift(block.name);
  return names.join(" > ");
}

/** jest's own environment for Node, which comes with jest: a strict package manager shows it to nobody else. */
export function nodeEnvironment(): EnvironmentClass {
  const name = "jest-environment-node";
  const project = createRequire(join(process.cwd(), "package.json"));
  try {
    let from = project;
    for (const by of ["jest", "@jest/core", "jest-config"]) from = createRequire(from.resolve(by));
    return from(name).TestEnvironment;
  } catch {
    try {
      return project(name).TestEnvironment;
    } catch (cause) {
      throw new TestDbError("OPTION_INVALID", {
        what: `${name} was not found from ${process.cwd()}`,
        next: `npm install --save-dev ${name}`,
        cause,
      });
    }
  }
}
