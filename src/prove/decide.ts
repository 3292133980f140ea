import { ALL, type Answer, askTests, type Question, type Runner, type Try } from "./ask-tests.ts";
import { type Altered, isImplied, isSecond, type Statement, saysNothing, type Variant } from "./clauses.ts";
import type { ComparedSuite } from "./compare-suite.ts";
import { byKind } from "./proof.ts";

/** Whether tests ran an alteration without its being known that it makes a difference is in `isSeen`. */
export type Decision =
  | Exclude<Answer, { readonly fate: "unasserted" }>
  | { readonly fate: "unasserted"; readonly isSeen: boolean }
  | { readonly fate: "unreached" }
  | { readonly fate: "refused" };

interface Request {
  /** Milliseconds. */
  readonly budget: number | undefined;
  runners(files: readonly string[]): readonly Runner[];
  say(doing: string): void;
}

/** Without those of which a weaker alteration of the same clause says all. @param began - by `now()` */
export async function decideAll(
  { budget, runners: start, say }: Request,
  statements: readonly Statement[],
  compared: ComparedSuite,
  began: number,
): Promise<ReadonlyMap<Altered, Decision>> {
  const all = statements.flatMap(({ alterations }) => alterations).toSorted(byKind);
  const decisions = new Map<Altered, Decision>();
  const deadline = budget === undefined ? Number.POSITIVE_INFINITY : began + budget;
  let runners: readonly Runner[] | undefined;

  async function decide(round: readonly Altered[], name: string): Promise<void> {
    const questions: Question<Altered>[] = [];
    for (const altered of round) {
      const tries = altered.variants.flatMap((variant) => triesOf(variant, compared));
      if (tries.length > 0) questions.push({ of: altered, tries });
      else decisions.set(altered, withoutTests(altered, compared));
    }
    if (questions.length === 0) return;
    runners ??= start(filesOf(statements));
    let answers = 0;
    const progress = (): void => say(`asking tests${name}: ${answers} of ${questions.length} alterations`);
    progress();
    await askTests(questions, runners, deadline, (altered, answer) => {
      answers++;
      decisions.set(altered, decisionOf(altered, answer, compared));
      progress();
    });
  }

  try {
    await decide(
      all.filter((altered) => !isSecond(altered)),
      "",
    );
    await decide(
      all.filter((altered) => isSecond(altered) && !isImplied(altered, decisions)),
      " again",
    );
  } finally {
    await Promise.all((runners ?? []).map((runner) => runner.close()));
  }
  for (const [altered, { fate }] of decisions) if (saysNothing(altered, fate)) decisions.delete(altered);
  return decisions;
}

const filesOf = (statements: readonly Statement[]): string[] => [
  ...new Set(
    statements.flatMap(({ variants }) =>
      variants.flatMap(({ query }) => query.tests.flatMap(({ file }) => file ?? [])),
    ),
  ),
];

/** The files of tests that could notice it. */
function triesOf({ planned, alteration: { id, sql } }: Variant, compared: ComparedSuite): Try[] {
  const { query, comparison } = planned;
  const found = compared.alterations.get(id);
  const isUnseen = !comparison || !compared.judged.has(query.text) || compared.hasFailed;
  const unseen = found?.unknown.size ? [...found.unknown] : isUnseen ? query.tests.map(({ file }) => file ?? "") : [];
  const files = new Set(found?.differs.size ? found.differs : unseen);
  const { text, sources, isOfTestsToo } = query;
  const replacement = { id, text, sql, ...(isOfTestsToo ? { sources } : {}) };
  // where a runner does not say which file it runs, only all tests can be asked
  return (files.has("") ? [ALL] : [...files]).map((file) => ({ replacement, file }));
}

function withoutTests({ variants }: Altered, compared: ComparedSuite): Decision {
  const isRefused = variants.every(({ alteration }) => compared.alterations.get(alteration.id)?.isRefused);
  return { fate: isRefused ? "refused" : "unreached" };
}

function decisionOf({ variants }: Altered, answer: Answer, compared: ComparedSuite): Decision {
  if (answer.fate !== "unasserted") return answer;
  const isSeen = variants.some(({ alteration }) => compared.alterations.get(alteration.id)?.differs.size);
  return { fate: "unasserted", isSeen };
}
