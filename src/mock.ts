/** `with-test-db/mock`: a stand-in for Drizzle's database, for unit tests. It loads drizzle-orm, and no driver. */
export type { MockCall, MockCondition, MockOperation } from "./mock/mock-call.ts";
export {
  createMockDb,
  type MockDatabase,
  type MockDb,
  type MockDbOptions,
} from "./mock/mock-db.ts";
export { type PostgresErrorFields, postgresError } from "./mock/postgres-error.ts";
export type { Answer, Stub, Stubbing, WriteStub } from "./mock/stubbing.ts";
