import { beforeEach, describe, expect, it } from "vitest";
import { createMockDb, postgresError } from "with-test-db/mock";
import * as schema from "../src/schema/index.ts";
import { SearchService } from "../src/search-service.ts";

const { systemTags, tags } = schema;

/** What a database can't easily be brought to: what tag() finds is in search-service.it.test.ts. */
describe("SearchService.tag(), where something goes wrong in the middle", () => {
  const mock = createMockDb({ schema });
  const service = new SearchService(mock.db);
  beforeEach(() => mock.reset());

  it("says so where the tag was deleted between two statements, and tags nothing", async () => {
    mock.on.select(tags).returns([]);
    await expect(service.tag("api", "beta")).rejects.toThrow("The tag beta was deleted meanwhile");
    expect(mock.calls).toMatchObject([
      { operation: "transaction", outcome: "rolled back" },
      { operation: "insert", table: "tags", values: [{ name: "beta" }], transaction: 1 },
      { operation: "select", table: "tags", transaction: 1 },
    ]);
  });

  it("undoes the new tag where the third statement fails, and passes the error on", async () => {
    mock.on.select(tags).returns([{ id: 4, name: "beta" }]);
    mock.once.insert(systemTags).rejects(postgresError("40P01", { message: "deadlock detected" }));
    await expect(service.tag("api", "beta")).rejects.toMatchObject({ cause: { code: "40P01" } });
    expect(mock.calls.at(0)).toMatchObject({ operation: "transaction", outcome: "rolled back" });
    expect(mock.calls.at(-1)).toMatchObject({ table: "system_tags", values: [{ systemId: "api", tagId: 4 }] });
    mock.verify();
  });
});
