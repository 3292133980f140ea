/** `with-test-db psql`: opens psql in a unit. */
import type { Command } from "commander";
import { TestDbError } from "../errors.ts";
import { findProgram } from "../kept/say-kept.ts";
import { startupOptions } from "../target/connection-url.ts";
import type { Unit } from "../unit/unit.ts";
import { runProgram } from "./run-program.ts";
import { findUnit, type UnitFlags, unitCommand } from "./unit-command.ts";

const EXAMPLES = `
Examples:
  npx with-test-db psql it_things_eb3ipg5ov876h6
  npx with-test-db psql it_things_eb3ipg5ov876h6 -- -c "select * from things"`;

export function addPsql(program: Command): void {
  unitCommand(program, "psql <unit> [arguments...]", "failures as JSON; what psql prints is psql's")
    .description("open psql in a unit; what follows -- is psql's")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, parameters: string[], flags: UnitFlags) => {
      const { unit } = await findUnit(name, flags);
      const psql = findProgram("psql");
      if (!psql) throw notInstalled(name);
      process.exitCode = await runProgram(psql, parameters, environmentOf(unit));
    });
}

/** What psql connects with: in its environment, since others may read command lines. Nothing of the caller's own `PG*` counts. */
function environmentOf({ target, settings }: Unit): NodeJS.ProcessEnv {
  const { host, port, user, password, database, tls, tlsRootCert } = target;
  const { application_name, ...others } = settings;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^PG/i.test(name))),
    ...{ PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database, PGSSLMODE: tls },
    ...(password === undefined ? {} : { PGPASSWORD: password }),
    ...(tlsRootCert === undefined ? {} : { PGSSLROOTCERT: tlsRootCert }),
    ...{ PGAPPNAME: application_name, PGOPTIONS: startupOptions(others) },
  };
}

const notInstalled = (name: string): TestDbError =>
  new TestDbError("PROGRAM_MISSING", {
    what: "psql is not on the PATH",
    why: "it is Postgres' own client, and comes with no package of npm",
    next: `apt-get install postgresql-client, or brew install libpq; or use another client with what this prints: npx with-test-db url ${name}`,
  });
