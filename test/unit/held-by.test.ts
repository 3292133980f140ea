import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { heldBy, readHolder } from "../../src/unit/held-by.ts";

describe("who holds a unit", () => {
  it.each(["test/a.test.ts", "tëst/日本 \u{1f600}.ts", "a\u001b[2J'\\\"\n.ts", "\ud800", undefined])(
    "is read as it was written, and is ASCII, which a database of any encoding takes: %j",
    (file) => {
      const text = heldBy(file);
      expect(text).toMatch(/^[\x20-\x7e]+$/);
      expect(readHolder(text)).toEqual({ file: file ?? null, pid: process.pid, host: hostname() });
    },
  );

  it.each([null, "", "{", "null", "7"])("is nobody where the record says nothing: %j", (text) => {
    expect(readHolder(text)?.file ?? null).toBeNull();
  });
});
