import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { CONTROL_DDL } from "../../src/control/control-ddl.ts";
import { CONTROL_FORMAT } from "../../src/control/control-format.ts";

it("the format of the control schema is the digest of the SQL that makes the control schema", () => {
  expect(CONTROL_FORMAT).toBe(createHash("sha256").update(CONTROL_DDL).digest("hex").slice(0, 16));
});
