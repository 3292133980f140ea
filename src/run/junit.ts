/**
 * JUnit files, one for each test file, made one. What a runner wrote is taken over as it stands; what is counted is what is there, since
 * runners do not agree on which numbers they write.
 */
import { stripVTControlCharacters } from "node:util";
import { parseXml, XmlElement, type XmlNode } from "@rgrove/parse-xml";

/** Test suites as XML, and what is in them. */
export interface Suites {
  readonly xml: string;
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  /** How long they took, in seconds. */
  readonly seconds: number;
}

/** How the process of a test file ended. */
export interface EndOfProcess {
  readonly file: string;
  readonly code: number;
  readonly seconds: number;
  /** What it printed. */
  readonly output: string;
}

/**
 * The suites in a JUnit file. Tests outside of any suite, as node:test writes them, are put into one with the name of the test file.
 *
 * @throws Error where it is not well-formed, or no JUnit
 */
export function readSuites(text: string, file: string): Suites {
  const source = withoutIllegal(text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n"));
  const { root } = parseXml(source, { includeOffsets: true });
  const found = root?.name === "testsuite" ? [root] : root?.name === "testsuites" ? elementsIn(root) : undefined;
  if (!found) throw new Error(`its root is <${root?.name}>, and not <testsuites>`);
  const suites = found.filter(({ name }) => name === "testsuite");
  const lone = found.filter(({ name }) => name === "testcase");
  const textOf = ({ start, end }: XmlNode): string => source.slice(start, end);
  const parts = suites.map((suite) => ({ ...countsIn([suite]), xml: textOf(suite) }));
  if (lone.length > 0) parts.push(suiteOf(file, countsIn(lone), lone.map(textOf)));
  return together(parts);
}

/** One test that stands for a process: passed where its exit code is 0. */
export function suiteOfProcess({ file, code, seconds, output }: EndOfProcess): Suites {
  const end = escaped(stripVTControlCharacters(output).slice(-OUTPUT_LENGTH).trim());
  const failure = code === 0 ? "" : `<error message="it ended with exit code ${code}">${end}</error>`;
  const test = `<testcase name="${escaped(file)}" classname="${escaped(file)}" time="${seconds.toFixed(3)}">${failure}</testcase>`;
  return suiteOf(file, { tests: 1, failures: 0, errors: code === 0 ? 0 : 1, skipped: 0, seconds }, [test]);
}

/** How much of what a process printed is kept, in characters. */
const OUTPUT_LENGTH = 8_000;

export function together(parts: readonly Suites[]): Suites {
  const sum = (count: (suites: Suites) => number): number => parts.reduce((all, part) => all + count(part), 0);
  return {
    xml: parts.map(({ xml }) => xml).join("\n"),
    tests: sum(({ tests }) => tests),
    failures: sum(({ failures }) => failures),
    errors: sum(({ errors }) => errors),
    skipped: sum(({ skipped }) => skipped),
    seconds: sum(({ seconds }) => seconds),
  };
}

/** A whole JUnit file. */
export const junitFile = (suites: Suites): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes(suites)}>\n${suites.xml}\n</testsuites>\n`;

const suiteOf = (file: string, counts: Counts, tests: readonly string[]): Suites => ({
  ...counts,
  xml: `<testsuite name="${escaped(file)}" ${attributes(counts)}>\n${tests.join("\n")}\n</testsuite>`,
});

type Counts = Omit<Suites, "xml">;

const attributes = ({ tests, failures, errors, skipped, seconds }: Counts): string =>
  `tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds.toFixed(3)}"`;

function countsIn(elements: readonly XmlElement[]): Counts {
  const tests = elements.flatMap(testsIn);
  const having = (outcome: string): number =>
    tests.filter((test) => elementsIn(test).some(({ name }) => name === outcome)).length;
  return {
    tests: tests.length,
    failures: having("failure"),
    errors: having("error"),
    skipped: having("skipped"),
    seconds: elements.reduce((all, element) => all + secondsOf(element), 0),
  };
}

const elementsIn = ({ children }: XmlElement): XmlElement[] =>
  children.filter((child): child is XmlElement => child instanceof XmlElement);

const testsIn = (element: XmlElement): XmlElement[] =>
  element.name === "testcase" ? [element] : elementsIn(element).flatMap(testsIn);

/** As the element says, else as what is in it says. */
function secondsOf(element: XmlElement): number {
  const said = Number(element.attributes["time"] ?? Number.NaN);
  return Number.isFinite(said) ? said : elementsIn(element).reduce((all, child) => all + secondsOf(child), 0);
}

/** Characters that XML 1.0 has no way to write, such as those that give a terminal its colours. */
const withoutIllegal = (text: string): string =>
  text.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string =>
  withoutIllegal(text).replace(/[&<>"]/g, (character) => ENTITIES[character] as string);
