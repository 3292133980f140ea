/** The matchers for bun: importing this registers them, and types them. */
import { expect } from "bun:test";
import { EXTENSION } from "./assertions/extension.ts";
import type { ExpectMatchers } from "./assertions/matchers.ts";

export type { ExpectMatchers } from "./assertions/matchers.ts";

declare module "bun:test" {
  interface Matchers<T> extends ExpectMatchers {}
}

expect.extend(EXTENSION);
