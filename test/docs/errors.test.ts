import { describe, expect, it } from "vitest";
import { read } from "./pages.ts";

/** The codes as src/errors.ts declares them: a type leaves nothing to look at when it runs. */
const declared = [
  ...(/export type TestDbErrorCode =([^;]+);/.exec(read("src/errors.ts"))?.[1] ?? "").matchAll(/"([A-Z_]+)"/g),
].map(([, code = ""]) => code);

const text = read("docs/errors.md");
const sections = text
  .split(/^## /m)
  .slice(1)
  .map((section) => ({ code: section.slice(0, section.indexOf("\n")), section }));

describe("docs/errors.md", () => {
  it("has a section for every code, and for nothing else", () => {
    expect(declared.length).toBeGreaterThan(20);
    expect(sections.map(({ code }) => code).sort()).toEqual([...declared].sort());
  });

  it.each(sections)("says of $code what is likely, what to do, and what it looks like", ({ code, section }) => {
    expect(section).toMatch(/^Likely: /m);
    expect(section).toMatch(/^Do: /m);
    expect(section).toMatch(/^```\n[^`]+\n```$/m);
    const [, example = ""] = /^```\n([^`]+)\n```$/m.exec(section) ?? [];
    if (example.includes("code: ")) expect(example).toMatch(new RegExp(`^ {2}code: ${code}$`, "m"));
  });

  it("tells in its table when each is thrown", () => {
    const table = /^\| when[\s\S]*?\n\n/m.exec(text)?.[0] ?? "";
    const listed = [...table.matchAll(/`([A-Z_]+)`/g)].map(([, code = ""]) => code);
    expect(listed.sort()).toEqual([...declared].sort());
  });
});
