import { Test } from "@nestjs/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "../../schema.ts";
import { DATABASE } from "../src/database.module.ts";
import { NotesModule, NotesService } from "../src/notes.module.ts";

const testDb = await useTestDb({ schema, migrationsFolder: "drizzle", between: "rollback" });

describe.skipIf(!isIntegrationEnabled())("NotesService", () => {
  let notes: NotesService;
  beforeAll(async () => {
    const builder = Test.createTestingModule({ imports: [NotesModule] });
    const module = await builder.overrideProvider(DATABASE).useValue(testDb.db).compile();
    notes = module.get(NotesService);
    return () => module.close();
  });

  it("adds a note", async () => {
    await notes.add("inbox", "one");
    expect(await notes.list()).toEqual(["one"]);
  });

  it("adds nothing to a notebook that there is not", async () => {
    await expect(notes.add("work", "lost")).rejects.toThrow("There is no notebook work");
    expect(await notes.list()).toEqual([]);
  });
});
