/** The queries of a suite, from what its processes have noted. */
import type { TableFacts } from "./sql/facts.ts";
import type { Note, Where } from "./work.ts";

export interface RecordedQuery {
  readonly text: string;
  /** Lines of the application. */
  readonly sources: readonly string[];
  /** Whether tests ask the same for themselves. */
  readonly isOfTestsToo: boolean;
  /** Whether nobody but tests asks it. */
  readonly isOfTestsAlone: boolean;
  readonly tests: readonly Where[];
  readonly runs: number;
  /** Of `$1`, `$2` …, where they were the same each time. */
  readonly values: readonly (string | undefined)[];
}

export interface Recorded {
  readonly queries: readonly RecordedQuery[];
  /** Of queries that a driver builds. */
  readonly fragments: readonly { readonly text: string; readonly sources: readonly string[] }[];
  /** What the tables are that the tests of a query have: another package of a monorepo may have others of the same names. */
  tablesOf(query: Pick<RecordedQuery, "tests">): TableFacts[];
}

interface Known {
  readonly sources: Set<string>;
  ofTests: boolean;
  readonly tests: Map<string, Where>;
  runs: number;
  values: (string | undefined)[];
}

/** Folders and files of tests, and of what only tests use. */
const OF_TESTS =
  /(^|[\\/])(tests?|__tests__|specs?|__mocks__|e2e|fixtures?|factories|test-utils?|testing)[\\/]|[._-](test|tests|spec|it|e2e|bench)\.[cm]?[jt]sx?:|(^|[\\/])(vitest|jest)[.\w-]*\.[cm]?[jt]s:|(^|[\\/])(setup|teardown)[.\w-]*\.[cm]?[jt]s:/i;

/** @param only - files or folders whose queries are wanted; tests among them count as the application */
export function recordedOf(notes: Iterable<Note>, only: readonly string[]): Recorded {
  const queries = new Map<string, Known>();
  const fragments = new Map<string, Set<string>>();
  const tables = new Map<string | undefined, TableFacts[]>();
  for (const note of notes) {
    if (note.is === "facts") tables.set(note.file, [...(tables.get(note.file) ?? []), ...note.tables]);
    if (note.is === "fragments" && isApplications(note.source, only)) addTo(fragments, note.text, note.source);
    if (note.is !== "query") continue;
    const { text, source, file, test, values = [] } = note;
    const known: Known = queries.get(text) ?? {
      sources: new Set(),
      ofTests: false,
      tests: new Map(),
      runs: 0,
      values: [],
    };
    queries.set(text, known);
    if (source !== undefined && isOfTests(source, only)) known.ofTests = true;
    if (!isApplications(source, only)) continue;
    known.sources.add(source ?? "");
    known.tests.set(`${file}\0${test}`, { ...(file ? { file } : {}), ...(test ? { test } : {}) });
    const before = known.values;
    known.values = values.map((value, index) =>
      known.runs === 0 || before[index] === value ? (value ?? undefined) : undefined,
    );
    known.runs++;
  }
  return {
    queries: [...queries].map(([text, { sources, ofTests, tests, runs, values }]) => ({
      text,
      sources: [...sources].filter(Boolean).sort(),
      isOfTestsToo: ofTests,
      isOfTestsAlone: sources.size === 0,
      tests: [...tests.values()],
      runs,
      values,
    })),
    fragments: [...fragments].map(([text, sources]) => ({ text, sources: [...sources].sort() })),
    tablesOf: ({ tests }) =>
      sameTables([...new Set(tests.map(({ file }) => file))].flatMap((file) => tables.get(file) ?? [])),
  };
}

/** Also what has no line that is known. */
const isApplications = (source: string | undefined, only: readonly string[]): boolean =>
  source === undefined || (!isOfTests(source, only) && isWanted(source, only));

const isWanted = (source: string, only: readonly string[]): boolean =>
  only.length === 0 || only.some((path) => isWithin(source, path));

const isOfTests = (source: string, only: readonly string[]): boolean =>
  OF_TESTS.test(source) && !only.some((path) => isWithin(source, path));

function isWithin(source: string, path: string): boolean {
  const place = path.replaceAll("\\", "/").replace(/^\.\//, "").replace(/\/$/, "");
  const line = source.replaceAll("\\", "/");
  return line.startsWith(`${place}/`) || line.startsWith(`${place}:`) || place === "." || place === "";
}

/** Tables of one name in several schemas say something only where they are alike. */
function sameTables(all: readonly TableFacts[]): TableFacts[] {
  const tables = new Map<string, TableFacts | undefined>();
  for (const table of all) {
    const isOther = tables.has(table.name) && JSON.stringify(tables.get(table.name)) !== JSON.stringify(table);
    tables.set(table.name, isOther ? undefined : table);
  }
  return [...tables.values()].filter((table) => table !== undefined);
}

function addTo(map: Map<string, Set<string>>, key: string, value: string | undefined): void {
  const values = map.get(key) ?? new Set();
  map.set(key, values);
  if (value !== undefined) values.add(value);
}
