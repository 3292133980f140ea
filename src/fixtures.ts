/** `with-test-db/fixtures`: typed rows for tests, made from Drizzle's tables. */
export { defineFactories } from "./fixtures/define-factories.ts";
export { defineFactory } from "./fixtures/define-factory.ts";
export type {
  AnyDb,
  AnyFactory,
  Factory,
  FactoryContext,
  FactoryKey,
  FactoryOptions,
  FactoryValues,
} from "./fixtures/factory.ts";
