/** One process for each test file, and a unit for each where that was asked for. */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { TestDbError, wordsOf } from "../../errors.ts";
import { notice } from "../../notice.ts";
import { type EndOfProcess, junitFile, readSuites, type Suites, suiteOfProcess, together } from "../../run/junit.ts";
import { runFiles } from "../../run/run-files.ts";
import { commandFor, filesOfShard, findTestFiles } from "../../run/test-files.ts";
import { labelOf } from "../../runners/lifecycle.ts";
import { now } from "../../timers.ts";
import { codeOfSignal, FOUND } from "../exit-codes.ts";
import { sayJson } from "../say.ts";
import type { RunFlags } from "./flags.ts";
import { type Output, outputOf } from "./output.ts";
import { type Run, runWithUnit } from "./program.ts";

interface FileResult {
  readonly file: string;
  readonly code: number;
  /** How long it took. */
  readonly seconds: number;
  readonly suites: Suites | undefined;
}

/**
 * The files that are run.
 *
 * @throws TestDbError `OPTION_INVALID` where none matches
 */
export async function filesOf({ perFile = "", shard }: RunFlags): Promise<string[]> {
  const files = await findTestFiles(perFile);
  const own = shard ? filesOfShard(files, shard) : files;
  if (own.length === 0) notice(`none of ${files.length} files is in shard ${shard?.index}/${shard?.count}`);
  return own;
}

type FilesFlags = Pick<RunFlags, "jobs" | "junit" | "json">;

/** Resolves to the exit code: 1 where a file failed. */
export async function runPerFile(
  run: Run,
  command: readonly string[],
  files: readonly string[],
  flags: FilesFlags,
  scratch: string,
): Promise<number> {
  const began = now();
  const { jobs = 1, junit, json } = flags;
  const output = (): Output => outputOf({ isAlone: jobs === 1, isKept: junit !== undefined, isBeside: json === true });
  const { results, failure } = await runFiles(
    files,
    jobs,
    (file) => runFile(run, command, file, output(), junit === undefined ? undefined : join(scratch, nameFor(file))),
    () => run.heard.signal !== undefined,
  );
  const done = results.filter((result) => result !== undefined);
  const unwritten = junit === undefined ? undefined : await writeJUnit(junit, done);
  const thrown = failure ?? unwritten;
  // stdout is for one document: the failure, where there is one
  saySummary(files.length, done, secondsSince(began), json === true && thrown === undefined);
  if (thrown !== undefined) throw thrown;
  const { signal } = run.heard;
  if (signal) return codeOfSignal(constants.signals[signal]);
  return done.some(({ code }) => code !== 0) ? FOUND : 0;
}

/** A name without folders, and short enough for every file system. */
const nameFor = (file: string): string => `${createHash("sha256").update(file).digest("hex")}.xml`;

const secondsSince = (began: number): number => Math.round(now() - began) / 1000;

async function runFile(
  run: Run,
  command: readonly string[],
  file: string,
  output: Output,
  junit: string | undefined,
): Promise<FileResult | undefined> {
  const began = now();
  const { stdio, hear } = output;
  const words = commandFor(command, file, junit);
  const program = { command: words, name: file, label: labelOf(file), stdio, hear };
  const code = await runWithUnit(run, program).finally(output.flush);
  const seconds = secondsSince(began);
  // what a signal has ended has no result
  if (code === undefined || (code !== 0 && run.heard.signal)) return undefined;
  notice(`${file} ${code === 0 ? "passed" : `failed with exit code ${code},`} after ${seconds.toFixed(1)} s`);
  const end = { file, code, seconds, output: output.end() };
  return { file, code, seconds, suites: junit === undefined ? undefined : await suitesOf(junit, end) };
}

/** What the runner wrote; and where nothing in that says that the process failed, or nothing was written, the process itself. */
async function suitesOf(junit: string, end: EndOfProcess): Promise<Suites> {
  const text = await readFile(junit, "utf8").catch(() => undefined);
  if (text === undefined) return suiteOfProcess(end);
  try {
    const suites = readSuites(text, end.file);
    const saysIt = end.code === 0 || suites.failures + suites.errors > 0;
    return saysIt ? suites : together([suites, suiteOfProcess(end)]);
  } catch (error) {
    notice(`what was written as JUnit for ${end.file} cannot be read: ${wordsOf(error).split("\n")[0]}`);
    return suiteOfProcess(end);
  }
}

/** Resolves to why it could not be written: what the files did is to be said all the same. */
async function writeJUnit(file: string, done: readonly FileResult[]): Promise<TestDbError | undefined> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, junitFile(together(done.flatMap(({ suites }) => suites ?? []))));
    return undefined;
  } catch (cause) {
    return new TestDbError("OPTION_INVALID", {
      what: `The JUnit file ${file} could not be written`,
      why: wordsOf(cause),
      next: "name a file in a folder that may be written: --junit junit.xml",
      cause,
    });
  }
}

function saySummary(count: number, done: readonly FileResult[], seconds: number, isJson: boolean): void {
  const failed = done.filter(({ code }) => code !== 0);
  const [passed, notFinished] = [done.length - failed.length, count - done.length];
  const parts = [
    `${passed} passed`,
    ...(failed.length > 0 ? [`${failed.length} failed (${failed.map(({ file }) => file).join(", ")})`] : []),
    ...(notFinished > 0 ? [`${notFinished} not finished`] : []),
  ];
  notice(`${count} ${count === 1 ? "file" : "files"} in ${seconds.toFixed(1)} s: ${parts.join(", ")}`);
  if (!isJson) return;
  const files = done.map(({ file, code, seconds }) => ({ file, code, seconds }));
  sayJson({ passed, failed: failed.length, notFinished, seconds, files });
}
