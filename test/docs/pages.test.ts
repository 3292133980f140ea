import { existsSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { anchors, firstColumn, pages, prose, read, root } from "./pages.ts";

const readme = read("README.md");

/** Every source file, as one text. */
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.m?ts$|\.mjs$/.test(name))
  .map((name) => read(join("src", name)))
  .join("\n");

describe.each(pages)("%s", (page) => {
  it("has no relative link that leads nowhere", () => {
    const broken = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path = "", anchor] = link.split("#");
        const file = path === "" ? page : relative(root, join(root, dirname(page), path));
        if (!existsSync(join(root, file))) return true;
        return anchor !== undefined && !anchors(read(file)).has(anchor);
      });
    expect(broken).toEqual([]);
  });
});

// a changelog names what went, too
it.each(pages.filter((page) => page !== "CHANGELOG.md"))("%s names no variable that the code does not read", (page) => {
  const named = new Set(read(page).match(/\bTEST_(?:DB|REDIS)_[A-Z_]+\b/g));
  expect([...named].filter((name) => !sources.includes(name))).toEqual([]);
});

describe("README.md", () => {
  it("has a complete test by line 30", () => {
    const end = readme.split("\n").findIndex((line, index, lines) => line === "```" && lines[index - 1] === "});");
    expect(end + 1).toBeLessThanOrEqual(30);
  });

  it("lists the options that there are", () => {
    const [, checks = ""] = /const CHECKS[^{]*\{([\s\S]*?)^\};/m.exec(sources) ?? [];
    const options = [...checks.matchAll(/^ {2}(\w+):/gm)].map(([, name = ""]) => name);
    expect(options.length).toBeGreaterThan(10);
    expect(firstColumn(readme, "The options").sort()).toEqual(options.sort());
  });

  it("lists what a TestDb has", () => {
    const [, handle = ""] = /export interface TestDbHandle[^{]*\{([\s\S]*?)^\}/m.exec(sources) ?? [];
    const members = [...handle.matchAll(/^ {2}(?:readonly )?(\w+|\[Symbol\.asyncDispose\])[<(:]/gm)].map(
      ([, name = ""]) => name,
    );
    expect(members.length).toBeGreaterThan(8);
    const listed = firstColumn(readme, "The TestDb").map((name) => name.replace(/\(.*\)$/, ""));
    expect(listed.sort()).toEqual(members.sort());
  });

  it("lists the variables that the code reads", () => {
    const read = [...new Set(sources.match(/\bTEST_(?:DB|REDIS)_[A-Z_]+\b/g))];
    expect(firstColumn(readme, "The environment").sort()).toEqual(read.sort());
  });
});
