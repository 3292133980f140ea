/** The matchers for jest: importing this registers them, and types them for `@jest/globals` and for the global `expect`. */
import { expect } from "@jest/globals";
import { EXTENSION } from "./assertions/extension.ts";
import type { ExpectMatchers } from "./assertions/matchers.ts";

export type { ExpectMatchers } from "./assertions/matchers.ts";

declare module "expect" {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends ExpectMatchers {}
}

declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: the declaration of @types/jest, with which this one has to agree
    interface Matchers<R, T = {}> extends ExpectMatchers {}
  }
}

expect.extend(EXTENSION);
