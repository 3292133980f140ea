/** Postgres' own parser, and a printer of its trees. Both are packages that a project installs only to prove its suite. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { TestDbError, wordsOf } from "../../errors.ts";
import { meaning, type Node } from "./syntax-tree.ts";

const [PARSER, PRINTER] = ["libpg-query", "pgsql-deparser"] as const;
/** The version of Postgres whose trees are read, as a number. */
const LEAST = 180_000;

export interface Parser {
  /**
   * The tree of a text that holds one statement.
   *
   * @returns why there is none: no tree that is printed and parsed again is the same
   */
  parse(text: string): { readonly tree: Node } | { readonly why: string };
  /** The text of a tree, or undefined where that is not what the tree says. */
  print(tree: Node): string | undefined;
  /** The text of an expression, for people. */
  show(expression: Node): string;
}

interface Libraries {
  readonly loadModule: () => Promise<void>;
  readonly parseSync: (text: string) => {
    readonly version?: number;
    readonly stmts?: readonly { readonly stmt: Node }[];
  };
  readonly deparseSync: (tree: Node, options: { readonly pretty: boolean }) => string;
}

/** @throws TestDbError `PARSER_NOT_INSTALLED` */
export async function loadParser(): Promise<Parser> {
  const { loadModule, parseSync, deparseSync } = findLibraries();
  await loadModule();
  const { version = 0 } = parseSync("select 1");
  if (version < LEAST)
    throw notInstalled(`${PARSER} is of Postgres ${Math.floor(version / 10_000)}, and its trees are others`);
  const treesOf = (text: string): Node[] => (parseSync(text).stmts ?? []).map(({ stmt }) => stmt);
  const print = (tree: Node): string => deparseSync(tree, { pretty: false });
  const isPrintedRight = (tree: Node, text: string): boolean => {
    const [again, ...others] = treesOf(text);
    return others.length === 0 && meaning(again) === meaning(tree);
  };
  return {
    parse(text) {
      try {
        const [tree, ...others] = treesOf(text);
        if (!tree || others.length > 0) return { why: "it is not one statement" };
        if (isPrintedRight(tree, print(tree))) return { tree };
        return { why: `${PRINTER} prints something else than what was parsed` };
      } catch (error) {
        return { why: `${PARSER} or ${PRINTER} fails on it: ${wordsOf(error).split("\n")[0]}` };
      }
    },
    print(tree) {
      try {
        const text = print(tree);
        return isPrintedRight(tree, text) ? text : undefined;
      } catch {
        return undefined;
      }
    },
    show: print,
  };
}

function findLibraries(): Libraries {
  const places = [join(process.cwd(), "package.json"), import.meta.url].map((place) => createRequire(place));
  const find = (name: string): unknown => {
    for (const require of places) {
      try {
        return require(name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
      }
    }
    return undefined;
  };
  const [parser, printer] = [find(PARSER), find(PRINTER)];
  if (parser && printer) return { ...(parser as Libraries), deparseSync: (printer as Libraries).deparseSync };
  const missing = [...(parser ? [] : [PARSER]), ...(printer ? [] : [PRINTER])];
  throw notInstalled(`not installed: ${missing.join(", ")}`);
}

const notInstalled = (why: string): TestDbError =>
  new TestDbError("PARSER_NOT_INSTALLED", {
    what: "Queries cannot be altered without Postgres' own parser, and a printer of its trees",
    why,
    next: `npm install --save-dev ${PARSER}@18 ${PRINTER}@18`,
  });
