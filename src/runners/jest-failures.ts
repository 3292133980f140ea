/** How jest's environment, which knows of failures, tells the hooks of a file of tests, which do not. */

/** The global of the test file's own context that holds the name of the test that runs, once the test has failed. */
export const FAILED_TEST: unique symbol = Symbol.for("with-test-db: the test that failed") as never;

/** What is used of an event of jest-circus, documented for custom environments. */
interface CircusEvent {
  readonly name: string;
  readonly test?: CircusBlock;
}
interface CircusBlock {
  readonly name: string;
  readonly parent?: CircusBlock;
}

/** What every environment of jest has. */
export interface TestEnvironment {
  global: object;
  handleTestEvent?(event: never, state: never): void | Promise<void>;
}
/** A class of environments. */
// biome-ignore lint/suspicious/noExplicitAny: TypeScript asks for this of a class that is extended
export type EnvironmentClass = new (...given: any[]) => TestEnvironment;

/** The environment, which also tells hooks which test has failed. */
export function tellingFailures<Base extends EnvironmentClass>(base: Base): Base {
  return class extends base {
    override async handleTestEvent(event: never, state: never): Promise<void> {
      const { name, test } = event as CircusEvent;
      const global = this.global as { [FAILED_TEST]?: string | undefined };
      if (name === "test_start") global[FAILED_TEST] = undefined;
      if ((name === "test_fn_failure" || name === "hook_failure") && test) global[FAILED_TEST] = nameOf(test);
      await super.handleTestEvent?.(event, state);
    }
  };
}

function nameOf(test: CircusBlock): string {
  const names: string[] = [];
  for (let block: CircusBlock | undefined = test; block?.parent; block = block.parent) names.unshift(block.name);
  return names.join(" > ");
}
