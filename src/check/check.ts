/** Four questions about a project's migrations. None changes anything: what has to be written is written into copies. */
import { findDrizzleKit } from "../drizzle-kit/find-drizzle-kit.ts";
import { partsOf, TestDbError } from "../errors.ts";
import { resolveServer, type ServerChoice } from "../server/resolve-server.ts";
import { findAgainst } from "./against-base.ts";
import { type Answer, failed, notAsked, type Question } from "./answer.ts";
import { checkBranches } from "./check-branches.ts";
import { checkJournal } from "./check-journal.ts";
import { checkReplay, type ReplayRequest } from "./check-replay.ts";
import { checkSchema } from "./check-schema.ts";
import { type MigrationsFolder, readFolder } from "./read-folder.ts";

export interface CheckRequest extends Omit<ReplayRequest, "target"> {
  /** drizzle-kit's configuration; undefined where the project has none. */
  readonly config: string | undefined;
  /** What the work goes into. `@default` see `findBase()` */
  readonly base?: string | undefined;
  /** The server for the replay; false: the history is not replayed. */
  readonly server: ServerChoice | false;
}

export interface Checked {
  /** The base branch, where one was found. */
  readonly base: string | undefined;
  readonly answers: readonly Answer[];
}

/** @throws TestDbError `OPTION_INVALID` where drizzle-kit's configuration is not for Postgres */
export async function check(request: CheckRequest): Promise<Checked> {
  const { migrationsFolder, config, base: ref } = request;
  const folder = readFolder(migrationsFolder);
  const against = await findAgainst(folder, ref);
  const isNew = "why" in against ? () => true : against.isNew;
  const kit = { isThere: findDrizzleKit() !== undefined, config };
  // each is done before an error is thrown: none leaves a copy, or a database, behind
  const settled = await Promise.allSettled([
    askSchema(migrationsFolder, config, kit.isThere),
    askReplay(request, folder),
    checkJournal(folder, isNew),
    checkBranches(folder, against, kit),
  ]);
  const answers = settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
  return { base: "why" in against ? undefined : against.base.ref, answers };
}

const CHECK = "npx with-test-db check";
const GENERATE = "npx drizzle-kit generate";

function askSchema(migrationsFolder: string, config: string | undefined, hasKit: boolean): Promise<Answer> | Answer {
  if (!hasKit)
    return notAsked("schema", `drizzle-kit is not installed in ${process.cwd()}`, "npm install --save-dev drizzle-kit");
  if (config === undefined)
    return notAsked("schema", `there is no drizzle.config in ${process.cwd()}`, `${CHECK} --config <file>`);
  return checkSchema(migrationsFolder, config);
}

async function askReplay(request: CheckRequest, { list, broken }: MigrationsFolder): Promise<Answer> {
  if (!request.server) return notAsked("replay", "it was not wanted");
  if (list.length === 0 && broken.length === 0) return notAsked("replay", "there are no migrations", GENERATE);
  if (broken.length > 0 || list.some(({ isThere }) => !isThere)) {
    return notAsked("replay", "no migrator runs them: see the journal");
  }
  try {
    return await checkReplay({ ...request, target: await resolveServer(request.server) });
  } catch (error) {
    if (!(error instanceof TestDbError)) throw error;
    // no server was named, and none can be started
    const asked = error.code === "EMBEDDED_NOT_INSTALLED" ? notAsked : failed;
    return inWords(asked, "replay", error);
  }
}

function inWords(answer: typeof failed, question: Question, error: TestDbError): Answer {
  const { what = error.message, why, next = CHECK } = partsOf.get(error) ?? {};
  return answer(question, why ? `${what}: ${why}` : what, next);
}
