import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { addNotebook, notebookNames } from "../src/notebooks.ts";

describe.skipIf(!isIntegrationEnabled())("notebooks", () => {
  it("are listed in the order in which they were added", async () => {
    await addNotebook("work");
    await addNotebook("home");
    expect(await notebookNames()).toEqual(["inbox", "work", "home"]);
  });

  it("have names of their own", async () => {
    await expect(addNotebook("inbox")).rejects.toThrow();
    expect(await notebookNames()).toEqual(["inbox"]);
  });
});
