import { Ajv } from "ajv";
import { schema } from "mutation-testing-report-schema";
import { describe, expect, it } from "vitest";
import { KINDS, type Proof } from "../../../src/prove/proof.ts";
import { mutationReport } from "../../../src/prove/report/mutation-report.ts";
import { alteration, leftAlone, proof, query } from "./made-up-proof.ts";

const isReport = new Ajv({ strict: false, validateFormats: false }).compile(schema);
const nothing = (): undefined => undefined;
const FATES = ["noticed", "unasserted", "unreached", "refused", "undecided"] as const;

/** The one file of a report, and its one mutant. */
function only(of: Proof, read: (file: string) => string | undefined = nothing) {
  const report = mutationReport(of, read);
  expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true);
  const [[path, file] = []] = Object.entries(report.files);
  return { report, path, file, mutant: file?.mutants[0] };
}

const proofOf = (sources: string[], sql = "select 1"): Proof =>
  proof({ queries: [query({ sql, sources, alterations: [alteration({ sql: "select 2", fate: "unasserted" })] })] });

describe("mutationReport()", () => {
  it("is by the schema, whatever became of alterations", () => {
    const alterations = FATES.flatMap((fate) => [
      ...KINDS.map((kind) => alteration({ fate, kind, noticedBy: "test/a.test.ts", why: "the time was up" })),
      alteration({ fate, isKnown: true }),
    ]);
    const { report } = only(
      proof({
        queries: [query({ alterations }), query({ sources: [], alterations })],
        leftAlone: [leftAlone()],
        scopedBy: ["a"],
      }),
      () => "a\nb",
    );
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(isReport({ ...report, files: { a: {} } })).toBe(false);
  });

  it("names what became of an alteration as viewers do, and why", () => {
    const alterations = FATES.map((fate) =>
      alteration({ fate, why: "the time was up", advice: "assert more", noticedBy: "test/b.test.ts" }),
    );
    const { file } = only(proof({ queries: [query({ alterations })] }));
    expect(file?.mutants.map(({ status, statusReason }) => [status, statusReason])).toEqual([
      ["Killed", "a test failed with the altered query"],
      ["Survived", "in a test the altered query did something else, and no test failed. assert more"],
      ["NoCoverage", "in no test did the altered query do anything else. assert more"],
      ["CompileError", "Postgres refuses the altered query"],
      ["Ignored", "the time was up"],
    ]);
    expect(file?.mutants.map(({ killedBy }) => killedBy)).toEqual([
      ["test/b.test.ts"],
      ["test/b.test.ts"],
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("puts a mutant at the line that asks for its query, to the end of that line", () => {
    const { path, file, mutant } = only(proofOf(["src/teams.ts:2:9"]), (name) => `${name}\r\n  return rows;\r\n}`);
    expect(path).toBe("src/teams.ts");
    expect(file?.language).toBe("typescript");
    expect(file?.source).toBe("src/teams.ts\r\n  return rows;\r\n}");
    expect(mutant).toMatchObject({
      mutatorName: "condition-dropped",
      replacement: "select 2",
      location: { start: { line: 2, column: 9 }, end: { line: 2, column: 15 } },
    });
  });

  it("stays inside of a file that has become shorter", () => {
    const { mutant } = only(proofOf(["src/teams.ts:14:22"]), () => "one\ntwo");
    expect(mutant?.location).toEqual({ start: { line: 2, column: 1 }, end: { line: 2, column: 4 } });
    expect(only(proofOf(["src/teams.ts:1:1"]), () => "").mutant?.location.end).toEqual({ line: 1, column: 1 });
  });

  it("shows the queries themselves where there is no source", () => {
    const queries = [
      query({ sources: [], sql: "select 1,\n  2", alterations: [alteration()] }),
      query({ sources: [], sql: "select 3", alterations: [alteration()] }),
    ];
    const { path, file } = only(proof({ queries }));
    expect([path, file?.language, file?.source]).toEqual(["(no source)", "sql", "select 1,\n  2\n\nselect 3\n"]);
    expect(file?.mutants.map(({ location }) => location)).toEqual([
      { start: { line: 1, column: 1 }, end: { line: 2, column: 4 } },
      { start: { line: 4, column: 1 }, end: { line: 4, column: 9 } },
    ]);
  });

  it("shows them too where a file cannot be read, or a source names no file", () => {
    const fails = (): string => {
      throw new Error("ENOENT");
    };
    expect(only(proofOf(["src/gone.ts:1:1"]), fails)).toMatchObject({
      path: "src/gone.ts",
      file: { source: "select 1\n" },
    });
    expect(only(proofOf(["<anonymous>"]), fails).path).toBe("(no source)");
  });

  it.each([
    ["/home/me/shared/a.ts:1:1", "(outside)/home/me/shared/a.ts"],
    ["../shared/a.ts:1:1", "(outside)/../shared/a.ts"],
    [String.raw`C:\shared\a.ts:1:1`, "(outside)/C:/shared/a.ts"],
    [String.raw`src\a.ts:1:1`, "src/a.ts"],
  ])("reads %s as it is named, and has it as %s", (source, expected) => {
    const read: string[] = [];
    const { path, file } = only(proofOf([source]), (name) => {
      read.push(name);
      return "text";
    });
    expect([path, file?.source]).toEqual([expected, "text"]);
    expect(read).toEqual([source.replace(":1:1", "")]);
  });

  it("has files and tests whose names are those of an object's own properties", () => {
    const tests = [{ file: "__proto__" }, { file: "constructor" }];
    const of = proof({
      queries: ["__proto__:1:1", "a.constructor:1:1"].map((source) =>
        query({ sources: [source], tests, alterations: [alteration()] }),
      ),
    });
    const { report } = only(of, () => "text");
    expect(Object.keys(report.files)).toEqual(["__proto__", "a.constructor"]);
    expect(Object.values(report.files).map(({ language }) => language)).toEqual(["javascript", "javascript"]);
    expect(Object.keys(report.testFiles)).toEqual(["__proto__", "constructor"]);
  });
});
