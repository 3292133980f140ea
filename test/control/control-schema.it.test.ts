import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../src/connections/session.ts";
import { ensureControlSchema } from "../../src/control/control-schema.ts";
import { onDatabase } from "../../src/target/target.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const ROLE = "it_control_schema_role";

describe("the control schema, for a user who lacks a right", () => {
  let database: OwnDatabase;
  beforeAll(async () => {
    database = await openOwnDatabase(`it_control_schema_${Date.now().toString(36)}`);
    await database.server.script(`drop role if exists ${ROLE}; create role ${ROLE} login password 'known'`);
  });
  afterAll(async () => {
    await database.session.script(`drop owned by ${ROLE}`);
    await database.server.script(`drop role ${ROLE}`);
    await database.drop();
  });

  async function refusal(): Promise<unknown> {
    const target = { ...onDatabase(database.server.target, database.target.database), user: ROLE, password: "known" };
    const session = await openSession(target);
    try {
      return await ensureControlSchema(session).catch((error: unknown) => error);
    } finally {
      await session.close();
    }
  }

  it("is not made, and the error says which right to grant", async () => {
    expect(await refusal()).toMatchObject({
      code: "PRIVILEGE_MISSING",
      message: expect.stringContaining(
        `next: psql -c 'grant create on database "${database.target.database}" to "${ROLE}"'`,
      ),
    });
  });

  it.each([
    ["no right on it", "select"],
    [
      "rights on it and another format",
      `grant usage on schema with_test_db to ${ROLE};
      grant select on all tables in schema with_test_db to ${ROLE}; update with_test_db.format set version = 'another'`,
    ],
  ])("is another user's, and the error says whose, with %s", async (_, granted) => {
    await ensureControlSchema(database.session);
    await database.session.script(`grant create on database ${database.target.database} to ${ROLE}; ${granted}`);
    expect(await refusal()).toMatchObject({
      code: "PRIVILEGE_MISSING",
      message: expect.stringContaining(
        `next: connect as ${database.server.target.user}, who owns that schema; or use another database`,
      ),
    });
  });
});
