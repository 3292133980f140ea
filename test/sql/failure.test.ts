import { describe, expect, it } from "vitest";
import { failure, remedyFor, remedyInWords } from "../../src/sql/failure.ts";

const refused = (code: string, message: string, hint?: string): Error =>
  Object.assign(new Error(message), { code, hint });

describe("remedyFor", () => {
  it.each([
    [refused("53100", "could not extend file", "Check free disk space."), "free some space on the server's disk"],
    [refused("53400", "temporary file size exceeds temp_file_limit (1kB)"), "raise temp_file_limit"],
    [
      refused("53200", "out of shared memory", 'You might need to increase "max_locks_per_transaction".'),
      "alter system set max_locks_per_transaction = 256",
    ],
    [refused("53100", "wrote only 1 of 8192 bytes"), "free some space on the server's disk"],
    [refused("53200", "out of memory"), "give the server more memory"],
  ])("%s has one", (error, remedy) => {
    expect(remedyFor(error)).toContain(remedy);
    expect(remedyFor(new Error("outer", { cause: error }))).toContain(remedy);
  });

  it.each([refused("53300", "sorry, too many clients already"), refused("42601", "syntax"), new Error("x"), undefined])(
    "%s has none",
    (error) => expect(remedyFor(error)).toBeUndefined(),
  );

  it("is known by words, too, where a tool reports the error", () => {
    expect(remedyInWords("pg_dump: ERROR: out of shared memory HINT: … max_locks_per_transaction.")).toContain("256");
    expect(remedyInWords("syntax error")).toBeUndefined();
  });

  it("is what an error says to do next, whatever else it would say", () => {
    const cause = refused("53100", "could not extend file");
    const { message } = failure("UNIT_FAILED", { what: "It broke", next: "run it again" }, cause);
    expect(message).toContain("next: free some space");
    expect(message).not.toContain("run it again");
  });
});
