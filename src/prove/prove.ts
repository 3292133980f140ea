/** A proof: the suite once to learn its queries, once to see which alterations make a difference, and then, for those, its tests. */
import { TestDbError } from "../errors.ts";
import { now } from "../timers.ts";
import { counted } from "../words.ts";
import type { Runner } from "./ask-tests.ts";
import { statementsOf } from "./clauses.ts";
import { compareSuite } from "./compare-suite.ts";
import { decideAll } from "./decide.ts";
import { planOf } from "./plan.ts";
import type { Proof } from "./proof.ts";
import { proofOf } from "./proof-of.ts";
import { type Recorded, recordedOf } from "./recorded.ts";
import { loadParser } from "./sql/parser.ts";
import { readNotes, writeWork } from "./work.ts";

export interface ProofRequest {
  readonly command: readonly string[];
  /** Folders of packages that name a driver. */
  readonly places: readonly string[];
  /** An empty folder for what processes tell. */
  readonly folder: string;
  readonly only: readonly string[];
  readonly scopedBy: readonly string[];
  /** The ids of a baseline. */
  readonly known: ReadonlySet<string>;
  /** Milliseconds. */
  readonly budget: number | undefined;
  /**
   * Runs the whole suite with what the folder says. Resolves to its exit code, and to that of SIGKILL where it took too long.
   *
   * @param isShown - whether what it printed is shown where it fails
   * @param limit - milliseconds
   */
  runSuite(isShown: boolean, limit?: number): Promise<number>;
  /** What asks files of tests, several at once. @param files - all of them */
  runners(files: readonly string[]): readonly Runner[];
  say(doing: string): void;
}

/** The exit code of a process that was killed. */
const ENDED = 137;

/** @throws TestDbError `PARSER_NOT_INSTALLED`, `SUITE_FAILED` */
export async function prove(request: ProofRequest): Promise<Proof> {
  const began = now();
  const { say, scopedBy } = request;
  const parser = await loadParser();
  say("running the suite, to learn its queries");
  const recorded = await record(request);
  const plan = planOf(recorded, parser, scopedBy);
  if (plan.queries.length + plan.leftAlone.length === 0) throw nothingToAlter(request);
  const planned = statementsOf(plan.queries);
  const count = planned.reduce((sum, { alterations }) => sum + alterations.length, 0);
  say(`running ${counted(count, "alteration", "alterations")} beside ${counted(planned.length, "query", "queries")}`);
  const compared = await compareSuite(
    request,
    plan.queries.flatMap(({ comparison }) => comparison ?? []),
  );
  if (compared.hasFailed)
    say("a test failed while alterations ran beside its queries: more of them are asked of tests");
  const statements = statementsOf(plan.queries.filter(({ query }) => !compared.left.has(query.text)));
  const fates = await decideAll(request, statements, compared, began);
  return proofOf(request, plan, statements, compared, fates, now() - began);
}

const nothingToAlter = ({ only, command }: ProofRequest): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: only.length > 0 ? `No query is asked in ${only.join(", ")}` : "Only tests send queries, by their lines",
    why: "which code is tests' is told by folders and names, such as test, fixtures and *.spec.ts",
    next: `npx with-test-db prove --only <the application's folder> -- ${command.join(" ")}`,
  });

async function record(request: ProofRequest): Promise<Recorded> {
  writeWork(request.folder, { places: request.places, mode: "record" });
  const code = await request.runSuite(true, request.budget);
  const command = request.command.join(" ");
  if (code === ENDED) {
    throw new TestDbError("SUITE_FAILED", {
      what: `${command} did not end within the time of --budget`,
      why: "its tests take longer, or its process stays because it keeps a connection",
      next: "a larger --budget; with jest, --forceExit",
    });
  }
  if (code !== 0) {
    throw new TestDbError("SUITE_FAILED", {
      what: `The tests of ${command} fail without any alteration: exit code ${code}`,
      why: "what fails already notices nothing",
      next: `npx with-test-db run -- ${command}`,
    });
  }
  const recorded = recordedOf(readNotes(request.folder), request.only);
  if (recorded.queries.length > 0 || recorded.fragments.length > 0) return recorded;
  throw new TestDbError("SUITE_FAILED", {
    what: `${command} sent no query by postgres.js or node-postgres`,
    why: "its suites are skipped, or they use another driver, or it starts processes without the environment",
    next: `npx with-test-db run -- ${command}`,
  });
}
