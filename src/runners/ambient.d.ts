/** What is used of runners that are not installed here: their modules are theirs alone, inside of their own processes. */
declare module "@jest/globals" {
  type Hook = (work: () => Promise<void>, timeout?: number) => void;
  type Describe = (name: string, suite: () => void) => void;
  export const beforeEach: Hook;
  export const afterEach: Hook;
  export const afterAll: Hook;
  export const describe: Describe & { readonly skip: Describe };
  export const expect: { getState(): { readonly testPath?: string }; extend(matchers: object): void };
}

/** `main`: the file of tests that runs. */
declare var Bun: { readonly main: string };

declare module "bun:test" {
  type Hook = (work: () => Promise<void>, timeout?: number) => void;
  export const beforeEach: Hook;
  export const afterEach: Hook;
  export const afterAll: Hook;
  export const test: unknown;
  export const expect: { extend(matchers: object): void };
  export const mock: { module(name: string, make: () => object): void };
}
