import { describe, expect, it } from "vitest";
import { findMigration } from "../../src/migration-tests/find-migration.ts";
import type { Migrations } from "../../src/migrations/read-migrations.ts";

const history = (...tags: string[]) => ({
  folder: "drizzle",
  list: tags.map((tag) => ({ tag })) as unknown as Migrations["list"],
});
const journal = history("0000_users", "0001_teams", "0002_teams_of_users", "0010_posts");
const folders = history("20260131103000_users", "20260201000000_teams");

describe("findMigration()", () => {
  it.each([
    ["0001_teams", 1],
    ["0001", 1],
    ["1", 1],
    ["10", 3],
    ["000", 0],
    ["0002_te", 2],
  ])("finds %s in a journal", (name, place) => expect(findMigration(journal, name)).toBe(place));

  it.each([
    ["20260201000000_teams", 1],
    ["20260201000000", 1],
    ["202602", 1],
  ])("finds %s among folders", (name, place) => expect(findMigration(folders, name)).toBe(place));

  it("takes a whole name before the beginning of another", () => {
    expect(findMigration(history("0001_a_b", "0001_a"), "0001_a")).toBe(1);
  });

  it.each([
    ["0001_taems", 'did you mean "0001_teams"?'],
    ["TEAMS", 'did you mean "0001_teams"?'],
    ["posts", 'did you mean "0010_posts"?'],
    ["comments", "the last ones are 0000_users, 0001_teams, 0002_teams_of_users, 0010_posts"],
    ["7", "the last ones are"],
    ["", "the last ones are"],
    ["00_", "the last ones are"],
  ])("does not find %j, and says what may have been meant", (name, said) => {
    expect(() => findMigration(journal, name)).toThrow(
      expect.objectContaining({ code: "MIGRATIONS_NOT_FOUND", message: expect.stringContaining(said) }),
    );
  });
});
