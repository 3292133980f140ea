import { beforeEach, describe, expect, it } from "vitest";
import { createMockDb, postgresError } from "with-test-db/mock";
import { ObjectiveService } from "../src/objective-service.ts";
import * as schema from "../src/schema/index.ts";

const { objectives, services } = schema;

/** What a database can't easily be brought to: what define() finds is in objective-service.it.test.ts. */
describe("ObjectiveService.define(), where something goes wrong in the middle", () => {
  const mock = createMockDb({ schema });
  const service = new ObjectiveService(mock.db);
  const objective = { service: "shop", name: "checkout", target: "99.9" };
  beforeEach(() => {
    mock.reset();
    mock.on.select(services).returns([{ id: 7, name: "shop", teamId: null, createdAt: new Date(0) }]);
  });

  it("says so where the service was deleted between two statements, and defines nothing", async () => {
    mock.on.select(services).returns([]);
    await expect(service.define(objective)).rejects.toThrow("The service shop was deleted meanwhile");
    expect(mock.calls).toMatchObject([
      { operation: "transaction", outcome: "rolled back" },
      { operation: "insert", table: "services", values: [{ name: "shop" }], transaction: 1 },
      { operation: "select", table: "services", transaction: 1 },
    ]);
  });

  it("undoes the new service where the third statement fails, and passes the error on", async () => {
    mock.once.insert(objectives).rejects(postgresError("40001", { message: "could not serialize access" }));
    await expect(service.define(objective)).rejects.toMatchObject({ cause: { code: "40001" } });
    expect(mock.calls.at(0)).toMatchObject({ operation: "transaction", outcome: "rolled back" });
    expect(mock.calls.at(-1)).toMatchObject({
      table: "objectives",
      values: [{ serviceId: 7, name: "checkout", target: "99.9" }],
    });
    mock.verify();
  });
});
