import { expect, it } from "vitest";
import { frame } from "../../src/postgres/frames.ts";
import { READY_FOR_QUERY } from "../../src/postgres/messages.ts";
import { withoutRefusal } from "../../src/postgres/type-query.ts";

it("passes an answer on, and of a refusal its end", () => {
  const rows = Buffer.concat([frame("1", Buffer.alloc(0)), frame("C", Buffer.from("SELECT 0\0")), READY_FOR_QUERY]);
  expect(withoutRefusal(rows)).toEqual(rows);
  const refusal = frame("E", Buffer.from("SFATAL\0C57P01\0\0"));
  expect(withoutRefusal(Buffer.concat([frame("1", Buffer.alloc(0)), refusal, READY_FOR_QUERY]))).toEqual(
    READY_FOR_QUERY,
  );
});
