import { describe, expect, it } from "vitest";
import { read } from "./pages.ts";

const blocks = [...read("docs/seams.md").matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```/gm)].map(
  ([, file = "", code = ""]) => ({ file, code }),
);

describe("docs/seams.md", () => {
  it("has examples from suites that run", () => {
    expect(blocks.length).toBeGreaterThan(2);
  });

  it.each(blocks)("shows what is in $file, in its order", ({ file, code }) => {
    const there = read(file).split("\n");
    let place = -1;
    for (const line of code.split("\n").filter((text) => text.trim() !== "")) {
      const next = there.indexOf(line, place + 1);
      expect(next, line).toBeGreaterThan(place);
      place = next;
    }
  });
});
