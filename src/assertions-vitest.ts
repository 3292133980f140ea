/** The matchers for vitest: importing this registers them, and types them. */
import { expect } from "vitest";
import { EXTENSION } from "./assertions/extension.ts";
import type { ExpectMatchers } from "./assertions/matchers.ts";

export type { ExpectMatchers } from "./assertions/matchers.ts";

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: vitest's own declaration, with which this one has to agree
  interface Matchers<T = any> extends ExpectMatchers {}
}

expect.extend(EXTENSION);
