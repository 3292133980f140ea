/** A proof: the suite once to learn its queries, once to see which alterations make a difference, and then, for those, its tests. */
import { TestDbError } from "../errors.ts";
import { now } from "../timers.ts";
import { counted } from "../words.ts";
import { type Answer, askTests, type Question, type Runner } from "./ask-tests.ts";
import { emptyFolder } from "./command-runner.ts";
import { type Plan, type PlannedQuery, planOf } from "./plan.ts";
import { type Fate, KINDS, type LeftAlone, type Proof, type ProvenAlteration, type ProvenQuery } from "./proof.ts";
import { type Recorded, recordedOf } from "./recorded.ts";
import type { Alteration } from "./sql/alter.ts";
import { loadParser } from "./sql/parser.ts";
import { readNotes, type Work, writeWork } from "./work.ts";

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
  /** Runs the whole suite with what the folder says. @returns its exit code */
  runSuite(isShown: boolean): Promise<number>;
  /** What asks files of tests, several at once. */
  runners(): readonly Runner[];
  say(doing: string): void;
}

/** @throws TestDbError `PARSER_NOT_INSTALLED`, `SUITE_FAILED` */
export async function prove(request: ProofRequest): Promise<Proof> {
  const began = now();
  const deadline = request.budget === undefined ? Number.POSITIVE_INFINITY : began + request.budget;
  const { say, scopedBy } = request;
  const parser = await loadParser();
  say("running the suite, to learn its queries");
  const recorded = await record(request);
  const plan = planOf(recorded, parser, scopedBy);
  const count = plan.queries.reduce((sum, { alterations }) => sum + alterations.length, 0);
  say(
    `running ${counted(count, "alteration", "alterations")} beside ${counted(plan.queries.length, "query", "queries")}`,
  );
  const compared = await compare(request, plan);
  const answers = await ask(request, plan, compared, deadline);
  return proofOf(request, plan, compared, answers, now() - began);
}

async function record(request: ProofRequest): Promise<Recorded> {
  begin(request, { places: request.places, mode: "record" });
  const code = await request.runSuite(true);
  const command = request.command.join(" ");
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

function begin({ folder }: ProofRequest, work: Work): void {
  emptyFolder(folder);
  writeWork(folder, work);
}

/** What the second run says of each alteration, by id. */
interface ComparedAlteration {
  /** Files in which it made a difference. */
  readonly differs: Set<string>;
  /** Files in which it could not be compared. */
  readonly unknown: Set<string>;
  isRefused: boolean;
}

interface ComparedSuite {
  readonly alterations: ReadonlyMap<string, ComparedAlteration>;
  readonly types: ReadonlyMap<string, readonly string[]>;
  /** Queries that were compared. */
  readonly judged: ReadonlySet<string>;
  /** Reads whose own result differs when they run twice. */
  readonly differsItself: ReadonlySet<string>;
  /** Whether a test failed that does not without comparing. */
  readonly hasFailed: boolean;
}

async function compare(request: ProofRequest, plan: Plan): Promise<ComparedSuite> {
  const { places, folder } = request;
  const queries = plan.queries.flatMap(({ comparison }) => comparison ?? []);
  begin(request, { places, mode: "compare", queries });
  const code = await request.runSuite(false);
  const alterations = new Map<string, ComparedAlteration>();
  const types = new Map<string, readonly string[]>();
  const judged = new Set<string>();
  const differsItself = new Set<string>();
  for (const note of readNotes(folder)) {
    if (note.is === "judged") {
      judged.add(note.text);
      if (note.types && note.types.length > 0) types.set(note.text, note.types);
      if (note.differsItself) differsItself.add(note.text);
    }
    if (note.is !== "compared") continue;
    const known = alterations.get(note.id) ?? { differs: new Set(), unknown: new Set(), isRefused: false };
    alterations.set(note.id, known);
    if (note.outcome === "refused") known.isRefused = true;
    else known[note.outcome].add(note.file ?? "");
  }
  return { alterations, types, judged, differsItself, hasFailed: code !== 0 };
}

/** What is known of an alteration without asking a test, or which files of tests are to be asked. */
function decide(planned: PlannedQuery, { id }: Alteration, compared: ComparedSuite): Fate | readonly string[] {
  const { query, comparison } = planned;
  const all = query.tests.map(({ file }) => file ?? "");
  const found = compared.alterations.get(id);
  if (found && found.differs.size > 0) return [...found.differs];
  if (found && found.unknown.size > 0) return [...found.unknown];
  if (!comparison || !compared.judged.has(query.text) || compared.hasFailed) return [...new Set(all)];
  return found?.isRefused ? "refused" : "unreached";
}

async function ask(
  { runners: start, say }: ProofRequest,
  { queries }: Plan,
  compared: ComparedSuite,
  deadline: number,
): Promise<ReadonlyMap<string, Answer>> {
  const questions = queries
    .filter(({ query }) => !compared.differsItself.has(query.text) || isWriting(query.text))
    .flatMap((planned) =>
      planned.alterations.flatMap((alteration) => {
        const files = decide(planned, alteration, compared);
        return typeof files === "string" ? [] : [{ alteration, question: questionOf(planned, alteration, files) }];
      }),
    )
    .toSorted((a, b) => KINDS.indexOf(a.alteration.kind) - KINDS.indexOf(b.alteration.kind))
    .map(({ question }) => question);
  const answers = new Map<string, Answer>();
  if (questions.length === 0) return answers;
  const runners = start();
  const progress = (): void => say(`asking tests: ${answers.size} of ${questions.length} alterations`);
  progress();
  try {
    await askTests(questions, runners, deadline, ({ replacement }, answer) => {
      answers.set(replacement.id, answer);
      progress();
    });
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
  }
  return answers;
}

const isWriting = (text: string): boolean => !/^\s*\(*\s*(select|with)\b/i.test(text);

function questionOf({ query }: PlannedQuery, { id, sql }: Alteration, files: readonly string[]): Question {
  const { text, sources, isOfTestsToo } = query;
  const own = isOfTestsToo ? { sources } : {};
  // where a runner does not say which file it runs, only all tests can be asked
  return { replacement: { id, text, sql, ...own }, files: files.includes("") ? [] : files };
}

function proofOf(
  { command, scopedBy, known }: ProofRequest,
  plan: Plan,
  compared: ComparedSuite,
  answers: ReadonlyMap<string, Answer>,
  took: number,
): Proof {
  const leftAlone: LeftAlone[] = [...plan.leftAlone];
  const queries: ProvenQuery[] = [];
  for (const planned of plan.queries) {
    const { query } = planned;
    if (compared.differsItself.has(query.text) && !isWriting(query.text)) {
      leftAlone.push({ sql: query.text, sources: query.sources, why: "its own result differs when it runs twice" });
      continue;
    }
    queries.push({
      sql: query.text,
      sources: query.sources,
      parameterTypes: compared.types.get(query.text) ?? [],
      tests: query.tests.flatMap(({ file, test }) => (file ? [{ file, ...(test ? { name: test } : {}) }] : [])),
      runs: query.runs,
      alterations: planned.alterations.map((alteration) =>
        provenOf(alteration, fateOf(planned, alteration, compared, answers), scopedBy, known),
      ),
    });
  }
  return { command: command.join(" "), queries, leftAlone, scopedBy, took };
}

type Found = Pick<ProvenAlteration, "fate" | "noticedBy" | "why">;

function fateOf(
  planned: PlannedQuery,
  alteration: Alteration,
  compared: ComparedSuite,
  answers: ReadonlyMap<string, Answer>,
): Found {
  const answer = answers.get(alteration.id);
  if (answer) {
    if (answer.fate === "noticed") return { fate: answer.fate, noticedBy: answer.by };
    return answer;
  }
  const decided = decide(planned, alteration, compared);
  return typeof decided === "string" ? { fate: decided } : { fate: "undecided", why: "no test was asked" };
}

function provenOf(
  { id, kind, site, defect, row, columns, sql }: Alteration,
  found: Found,
  scopedBy: readonly string[],
  known: ReadonlySet<string>,
): ProvenAlteration {
  const scope = kind === "condition-dropped" ? scopedBy.find((column) => columns.includes(column)) : undefined;
  const advice =
    found.fate === "unreached"
      ? `Add ${row} to what a test of this query finds.`
      : "A test does run it where that makes a difference: assert the whole result there, also what must not be in it.";
  return { id, kind, site, defect, advice, sql, ...found, ...(scope ? { scope } : {}), isKnown: known.has(id) };
}
