import { afterEach, expect, it, vi } from "vitest";
import { noticeOnce } from "../src/notice.ts";

afterEach(() => vi.restoreAllMocks());

it("says a name with escape codes or a line's end as what it is, in one line", () => {
  const lines: unknown[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(line) > 0);
  noticeOnce("the unit \u001b[2J\nit_a was kept");
  expect(lines).toEqual(["with-test-db: the unit \\u001b[2J\\u000ait_a was kept\n"]);
});

it("says a thing on stderr, in one line, once", () => {
  const lines: unknown[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(line) > 0);
  noticeOnce("the unit it_a was kept");
  noticeOnce("the unit it_a was kept");
  noticeOnce("the unit it_b was kept");
  noticeOnce("the unit it_a was kept");
  expect(lines).toEqual(["with-test-db: the unit it_a was kept\n", "with-test-db: the unit it_b was kept\n"]);
});
