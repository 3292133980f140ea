import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { addNotes, overview } from "../../db-singleton/src/actions.ts";

describe.skipIf(!isIntegrationEnabled())('an application with connections of its own, and between: "rollback"', () => {
  it("writes outside of the transaction", () => addNotes("work", ["one"]));

  it("so that the next test sees what was written", async () => {
    expect(await overview()).toEqual({ notebooks: ["inbox", "work"], notes: 1 });
  });
});
