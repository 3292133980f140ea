import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { addNotes, overview, removeNotebook } from "../src/actions.ts";

describe.skipIf(!isIntegrationEnabled())("the actions", () => {
  it("add notes to a new notebook", async () => {
    await addNotes("work", ["one", "two"]);
    expect(await overview()).toEqual({ notebooks: ["inbox", "work"], notes: 2 });
  });

  it("remove a notebook with its notes", async () => {
    await addNotes("inbox", ["one"]);
    await removeNotebook("inbox");
    expect(await overview()).toEqual({ notebooks: [], notes: 0 });
  });

  it("see what the migrations left, and nothing else", async () => {
    expect(await overview()).toEqual({ notebooks: ["inbox"], notes: 0 });
  });
});
