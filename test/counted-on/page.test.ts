/** The page about what is counted on, beside the tests that it names. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { read, root } from "../docs/pages.ts";

const FOLDER = "test/counted-on";

/** A test that the page names, by its file and by its whole name. */
interface Canary {
  readonly file: string;
  readonly name: string;
}

const rows = read("docs/decisions/what-is-counted-on.md")
  .split("\n")
  .filter((line) => /^\| (?!relied on|---)/.test(line))
  .map((line) => line.slice(2, -2).split(" | "));

/** Several are separated by semicolons; one without a file is in that of the one before. */
const canariesOf = (cell: string): Canary[] => {
  let file = "";
  return [...cell.matchAll(/(?:`([^`]+)`: )?"([^"]+)"/g)].map(([, named, name = ""]) => {
    file = named ?? file;
    return { file: file.includes("/") ? file : join(FOLDER, file), name };
  });
};
const canaries = rows.flatMap((row) => canariesOf(row[3] ?? ""));

/** The titles of a file's tests, without those of the groups around them. */
const titlesIn = (file: string): string[] =>
  [...read(file).matchAll(/^\s*(?:if \(.*\) )?it(?:\.\w+\([\s\S]*?\))?\(\s*(["`])(.+?)\1,/gm)].map(
    ([, , title = ""]) => title,
  );

describe("the page about what is counted on", () => {
  it("has four cells and a canary in every row, and names what there is in the sources", () => {
    expect(rows.length).toBeGreaterThan(50);
    for (const row of rows) {
      expect(row).toHaveLength(4);
      expect(canariesOf(row[3] ?? "")).not.toEqual([]);
      let file = "";
      for (const [, part = ""] of (row[1] ?? "").matchAll(/`([^`]+)`/g)) {
        if (/\.ts$|\/$/.test(part)) {
          // a file without a folder is beside the one before
          const places = [join("src", part), join(dirname(file), part), part];
          file = places.find((place) => existsSync(join(root, place))) ?? "";
          expect({ part, file }).toEqual({ part, file: expect.stringMatching(/./) });
        } else expect(read(file)).toMatch(new RegExp(`\\b${part}\\b`));
      }
    }
  });

  it("names tests that there are", () => {
    const missing = canaries.filter(({ file, name }) => {
      const text = read(file);
      return !titlesIn(file).some((title) => name.endsWith(title)) && !text.includes(name);
    });
    expect(missing).toEqual([]);
  });

  it("names every test in the folder of canaries", () => {
    const files = readdirSync(join(root, FOLDER)).filter((name) => /\.test\.ts$/.test(name) && name !== "page.test.ts");
    const unnamed = files.flatMap((name) => {
      const file = join(FOLDER, name);
      return titlesIn(file)
        .filter((title) => !canaries.some((canary) => canary.file === file && canary.name.endsWith(title)))
        .map((title) => ({ file, title }));
    });
    expect(unnamed).toEqual([]);
  });
});
