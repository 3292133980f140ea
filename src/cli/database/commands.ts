/** The commands that make, change or drop a standing database. */
import type { Command } from "commander";
import { TestDbError } from "../../errors.ts";
import { type Cleaned, cleanStanding } from "../../standing/clean.ts";
import { createStanding, dropStanding, type Made, resetStanding, setUpStanding } from "../../standing/make.ts";
import { migrateStanding } from "../../standing/migrate.ts";
import { type Place, type Project, withPlace } from "../../standing/standing.ts";
import { describeTarget, onDatabase } from "../../target/target.ts";
import { counted } from "../../words.ts";
import { interruptible } from "../interruptible.ts";
import { busy } from "../progress.ts";
import { inColumns, say, sayJson } from "../say.ts";
import {
  type PlaceFlags,
  placeCommand,
  placeOf,
  projectCommand,
  projectOf,
  type StandingFlags,
  seedOption,
} from "./standing-command.ts";

export function addCommands(database: Command): void {
  seedOption(projectCommand(database, "setup", { isDefault: true }))
    .description("make the database where it is missing, and else run what is pending")
    // as the default, it gets the names of commands that are none
    .allowExcessArguments()
    .action((flags: StandingFlags, { args }: Command) => {
      assertNoCommand(args);
      return make(flags, "making", setUpStanding);
    });

  projectCommand(database, "create")
    .description("make an empty one, with the extensions of the named database")
    .option("--if-missing", "one that is there is no error")
    .action(async (flags: StandingFlags & { ifMissing?: boolean }) => {
      const project = await projectOf(flags);
      const isNew = await busy(`making ${project.name}`, () => createStanding(project, flags));
      if (flags.json) sayJson({ database: at(project), created: isNew });
      else say(isNew ? `created ${at(project)}, which is empty` : `${at(project)} is there`);
    });

  projectCommand(database, "migrate")
    .description("run the migrations that are pending, by Drizzle's own migrator")
    .action((flags: StandingFlags) =>
      make(flags, "migrating", (project) =>
        withPlace(project, async (session) => ({ isNew: false, ran: await migrateStanding(session, project) })),
      ),
    );

  seedOption(projectCommand(database, "reset"))
    .description("make it anew, and end the sessions in it")
    .action((flags: StandingFlags) => make(flags, "making", resetStanding));

  seedOption(projectCommand(database, "clean"))
    .description("take all rows out; those that the migrations put in are as they made them")
    .action(clean);

  placeCommand(database, "drop")
    .description("drop it, and end the sessions in it")
    .action(async (flags: PlaceFlags) => {
      const place = await placeOf(flags);
      const isDropped = await dropStanding(place);
      if (flags.json) sayJson({ database: at(place), dropped: isDropped });
      else say(isDropped ? `dropped ${at(place)}` : `there is no ${at(place)}`);
    });
}

export const at = ({ target, name }: Place): string => describeTarget(onDatabase(target, name));

function assertNoCommand([word]: readonly string[]): void {
  if (word === undefined) return;
  throw new TestDbError("OPTION_INVALID", {
    what: `There is no command database ${word}`,
    next: "npx with-test-db database --help; the name of a database is an option: --name",
  });
}

async function make(flags: StandingFlags, doing: string, work: (project: Project) => Promise<Made>): Promise<void> {
  const project = await projectOf(flags);
  const { isNew, ran } = await busy(`${doing} ${project.name}`, () => work(project));
  if (flags.json) return sayJson({ database: at(project), created: isNew, ran });
  const what = counted(ran.length, "migration", "migrations");
  if (isNew) return say(`made ${at(project)}, with ${what}`);
  if (ran.length === 0) return say(`nothing is pending in ${at(project)}`);
  say(`ran ${what} in ${at(project)}`, ...ran.map((tag) => `  ${tag}`));
}

async function clean(flags: StandingFlags): Promise<void> {
  const project = await projectOf(flags);
  const tables = await busy(`cleaning ${project.name}`, () => interruptible((atEnd) => cleanStanding(project, atEnd)));
  if (flags.json) return sayJson({ database: at(project), tables });
  say(...inColumns(tables.map(linesOf)), `cleaned ${at(project)}`);
}

const inRows = (rows: number): string => counted(rows, "row", "rows");

const linesOf = ({ table, before, rows }: Cleaned): string[] => [
  `  ${table}`,
  before === rows ? `${inRows(rows)} of the migrations` : `${inRows(before)}, now ${rows}`,
];
