/**
 * A proof by the schema that reports of mutation testing share (mutation-testing-elements), for the viewers and services that read
 * it. An alteration is a mutant at the line that asks for its query.
 */
import { posix, win32 } from "node:path";
import { byKey } from "../../by-key.ts";
import type { Proof, ProvenQuery } from "../proof.ts";
import { type MutatedFile, mutatedFile, type ReadSource } from "./mutated-file.ts";
import { placeOf } from "./place.ts";
import { sourceOf } from "./words.ts";

export interface MutationReport {
  readonly schemaVersion: "2";
  /** Percent, for the colours of a viewer. */
  readonly thresholds: { readonly high: number; readonly low: number };
  readonly framework: { readonly name: string };
  readonly config: { readonly command: string; readonly scopedBy: readonly string[] };
  /** By path, with slashes. */
  readonly files: Readonly<Record<string, MutatedFile>>;
  /** By path, with slashes. */
  readonly testFiles: Readonly<Record<string, TestFile>>;
}

/** Of a file as a whole: which of its tests failed is not known. */
export interface TestFile {
  readonly tests: readonly { readonly id: string; readonly name: string }[];
}

export function mutationReport(proof: Proof, read: ReadSource): MutationReport {
  const files = byKey(proof.queries, (query) => pathOf(fileOf(query) ?? NO_SOURCE));
  return {
    schemaVersion: "2",
    thresholds: { high: 80, low: 60 },
    framework: { name: "with-test-db" },
    config: { command: proof.command, scopedBy: proof.scopedBy },
    files: Object.fromEntries(
      [...files].map(([path, queries]) => [path, mutatedFile(fileOf(queries[0]), queries, read)]),
    ),
    testFiles: testFiles(proof.queries),
  };
}

const NO_SOURCE = "(no source)";

const fileOf = (query: ProvenQuery | undefined): string | undefined => placeOf((query && sourceOf(query)) ?? "")?.file;

/** Viewers make folders of paths: one that leads out of the working directory is in a folder that says so. */
function pathOf(file: string): string {
  const path = file.replaceAll("\\", "/");
  const isOutside = path.startsWith("../") || posix.isAbsolute(path) || win32.isAbsolute(path);
  return isOutside ? `(outside)/${path.replace(/^\/+/, "")}` : path;
}

const testFiles = (queries: readonly ProvenQuery[]): Record<string, TestFile> => {
  const files = queries.flatMap(({ tests, alterations }) => [
    ...tests.map(({ file }) => file),
    ...alterations.flatMap(({ noticedBy }) => noticedBy ?? []),
  ]);
  return Object.fromEntries([...new Set(files)].map((file) => [pathOf(file), { tests: [{ id: file, name: file }] }]));
};
