/** Assertions on what a database did, as functions: the matchers of with-test-db/assertions/vitest, /jest and /bun say the same. */
export {
  assertDatabaseError,
  assertDeadlocks,
  assertFailsToSerialize,
  assertViolatesCheck,
  assertViolatesExclusion,
  assertViolatesForeignKey,
  assertViolatesNotNull,
  assertViolatesUnique,
} from "./assertions/assert-violations.ts";
export type { Attempt } from "./assertions/attempt.ts";
export {
  type Changes,
  type Counts,
  changes,
  countsOf,
  type Row,
  type TableChanges,
  type Update,
} from "./assertions/changes.ts";
export type { NameOrPattern, NotNullKey, UniqueKey } from "./assertions/constraint-key.ts";
export { describeSchema } from "./assertions/describe-schema.ts";
export type { Queryable } from "./assertions/queryable.ts";
export type {
  ColumnDescription,
  Deferrable,
  ForeignKeyAction,
  ForeignKeyDescription,
  IndexDescription,
  PolicyDescription,
  SchemaDescription,
  TableDescription,
  TriggerDescription,
  UniqueDescription,
  ViewDescription,
} from "./assertions/schema-description.ts";
export { type Serializer, serializer } from "./assertions/serializer.ts";
export { idsOf, type StableOptions, stable } from "./assertions/stable.ts";
export { assertServedByAnIndex } from "./plans/assert-plans.ts";
export type { Buildable, ServedOptions } from "./plans/is-served-by-an-index.ts";
export { assertRepeatsNoQuery, assertRunsAtMost } from "./queries/assert-queries.ts";
export { type Captured, type CapturedQuery, captureQueries } from "./queries/capture.ts";
export type { RepeatOptions } from "./queries/repeats-no-query.ts";
export type { Work } from "./queries/work.ts";
