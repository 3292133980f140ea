import { describe, expect, it } from "vitest";
import {
  checkFlags,
  flagName,
  jobs,
  type RunFlags,
  shard,
  unitVariables,
  variable,
} from "../../../src/cli/run/flags.ts";

const check = (flags: Partial<RunFlags>) => () => checkFlags({ flag: "TEST_DB_IT", ...flags });

describe("the flags of run", () => {
  it("are read", () => {
    expect(variable("DB_HOST=host", variable("DATABASE_URL"))).toEqual({ DATABASE_URL: "url", DB_HOST: "host" });
    expect(shard("2/3")).toEqual({ index: 2, count: 3 });
    expect(jobs("16")).toBe(16);
    expect(flagName("ACME_IT")).toBe("ACME_IT");
  });

  it.each<[string, (text: string) => unknown]>([
    ...["", "=url", "A B", "DB=uri", "DB=toString", "DB="].map((text) => [text, variable] as [string, typeof variable]),
    ...["0/2", "3/2", "1/0", "1", "a/b", "1/2/3", "-1/2"].map((text) => [text, shard] as [string, typeof shard]),
    ...["0", "-1", "1.5", "", "many"].map((text) => [text, jobs] as [string, typeof jobs]),
    ["A=B", flagName],
  ])("are refused where they are none: %j", (text, read) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "commander.invalidArgument" }));
  });

  it("lead to a unit by DATABASE_URL where a database is wanted, and no variable was named", () => {
    expect(unitVariables({ flag: "F" })).toBeUndefined();
    expect(unitVariables({ flag: "F", disposableDatabase: true })).toEqual({ DATABASE_URL: "url" });
    expect(unitVariables({ flag: "F", disposableDatabase: true, env: { URL: "url" } })).toEqual({ URL: "url" });
  });

  it.each<[string, Partial<RunFlags>]>([
    ["--keep is about the command's own unit", { keep: true }],
    ["--seed is about the command's own unit", { seed: ["s.sql"] }],
    ["--migrations is about the command's own unit", { migrations: "drizzle" }],
    ["--shard is about test files", { shard: { index: 1, count: 2 } }],
    ["--jobs is about test files", { jobs: 2 }],
    ["--junit is about test files", { junit: "out.xml" }],
    ["--disposable-database makes a database", { disposableDatabase: true, isolation: "schema" }],
    ["--env DB_PORT=port takes the unit's URL apart", { env: { A: "url", DB_PORT: "port" }, isolation: "schema" }],
    // whatever names the database would go on to name the developer's
    ["No --env says which database", { env: { DB_HOST: "host", DB_PORT: "port" } }],
    ["No --env says which database", { env: { DB_HOST: "host" }, disposableDatabase: true }],
  ])("do not go together: %s", (what, flags) => {
    expect(check(flags)).toThrow(what);
  });

  it("go together where each has something to say", () => {
    const env = { DATABASE_URL: "url" } as const;
    expect(check({ env, keep: true, isolation: "schema", perFile: "*.ts", jobs: 4 })).not.toThrow();
    expect(check({ env: { DB_PORT: "port", DB_NAME: "database" }, prepare: ["p.sql"] })).not.toThrow();
    expect(check({ disposableDatabase: true, migrations: "m" })).not.toThrow();
  });
});
