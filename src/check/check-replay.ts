/** Does the history replay from nothing? It is run in a new database of our own, which is dropped. */
import type { AtEnd } from "../at-end.ts";
import { inSession, openSession } from "../connections/session.ts";
import { createEmptyDatabase, dropDatabase } from "../control/databases.ts";
import { TestDbError } from "../errors.ts";
import type { Finding } from "../findings/finding.ts";
import { extensionsToMirror, mirrorExtensions } from "../home/extensions.ts";
import { applyFiles, STEP_SETTINGS } from "../home/steps.ts";
import { lineOf, type Place, placeOf } from "../migrations/migration-error.ts";
import { type Migrations, readMigrations } from "../migrations/read-migrations.ts";
import { assertLeavesAlone, nextReplay, type Replay, runMigrations } from "../migrations/run-migrations.ts";
import { unitName } from "../options.ts";
import { causeWords } from "../sql/failure.ts";
import { isConnectionLost } from "../sql/sqlstate.ts";
import { onDatabase, type Target } from "../target/target.ts";
import { type Answer, answered, failed } from "./answer.ts";

export interface ReplayRequest {
  readonly migrationsFolder: string;
  readonly target: Target;
  /** Files of SQL that the migrations expect to have run. */
  readonly prepare?: readonly string[];
  /** How long a statement may take, in milliseconds. */
  readonly deadline: number;
  /** Is told how to undo what was made, for where the work is interrupted. */
  readonly atEnd?: AtEnd;
}

/** @throws TestDbError where not the history is what fails, but the server, a file of `prepare`, or drizzle-orm, which runs another layout */
export async function checkReplay(request: ReplayRequest): Promise<Answer> {
  const migrations = readMigrations(request.migrationsFolder);
  const findings: Finding[] = [];
  let replay: Replay = "in one transaction";
  for (;;) {
    try {
      assertLeavesAlone(migrations, request.target.database);
      await replayOnce(request, migrations, replay);
      return answered("replay", findings);
    } catch (error) {
      const next = nextReplay(error, replay, migrations);
      if (!next) return failedOrFound(error, findings);
      if (findings.length === 0) findings.push(notInOne(error as TestDbError));
      replay = next;
    }
  }
}

async function replayOnce(request: ReplayRequest, migrations: Migrations, replay: Replay): Promise<void> {
  const { target, prepare = [], deadline, atEnd } = request;
  const name = unitName("replay");
  let isDropped = false;
  const replaying = inSession(target, async (session) => {
    try {
      await createEmptyDatabase(session, name, { what: "building", home: name, folder: "", beside: "" });
      const own = await openSession(onDatabase(session.target, name), STEP_SETTINGS, { reconnects: false, deadline });
      try {
        await mirrorExtensions(own, await extensionsToMirror(session, migrations));
        await applyFiles("prepare", own, prepare, deadline);
        await runMigrations(own, migrations, replay, deadline);
      } finally {
        await own.close();
      }
    } finally {
      await dropDatabase(session, name);
      isDropped = true;
    }
  });
  atEnd?.(async () => {
    // ends what runs in it; where it was only about to be made, the replay itself drops it
    if (!isDropped) await inSession(target, (session) => dropDatabase(session, name));
    await replaying.catch(() => {});
  });
  await replaying;
}

/** What this server can't know is no fault of the history. */
const LACKS_EXTENSION =
  /extension "([^"]+)" is not available|could not open extension control file ".*?([^"/]+)\.control"/;

/** What is wrong with the history is an answer; what is wrong elsewhere is none. */
function failedOrFound(error: unknown, before: readonly Finding[]): Answer {
  const isHistory = error instanceof TestDbError && error.code === "MIGRATION_FAILED" && !isConnectionLost(error);
  if (!isHistory) throw error;
  const [, extension, file] = LACKS_EXTENSION.exec(causeWords(error.cause)) ?? [];
  if (extension ?? file) {
    return failed(
      "replay",
      `the server has no extension ${extension ?? file}`,
      "name one that has it: --url <url>; or: --no-replay",
    );
  }
  return answered("replay", [...before, doesNotReplay(error)]);
}

const doesNotReplay = (error: TestDbError): Finding => ({
  ...{ level: "error", rule: "does-not-replay" },
  ...placed(error),
  help: "what the migrations expect to be there before them, such as roles: --prepare <file.sql>",
});

const notInOne = (error: TestDbError): Finding => {
  const { message, ...place } = placed(error);
  return {
    ...{ level: "warning", rule: "not-in-one-transaction" },
    ...place,
    message: `The history does not run in one transaction, in which Drizzle's migrator runs it where a database is new: ${message}`,
    help: "a new deployment has to be migrated in steps, or from a dump; databases that are there have run it already",
  };
};

function placed(error: TestDbError): Pick<Finding, "message" | "file" | "line" | "detail"> {
  const place: Place | undefined = placeOf.get(error);
  if (!place?.migration) return { message: error.message };
  return {
    message: causeWords(error.cause),
    file: place.migration.file,
    line: lineOf(place, error.cause),
    detail: excerptOf(place.statement),
  };
}

const LINES = 6;

function excerptOf(statement: string): string {
  const lines = statement.trim().split("\n");
  return lines.length > LINES ? [...lines.slice(0, LINES), "…"].join("\n") : lines.join("\n");
}
