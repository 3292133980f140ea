/** The public interface as text: what an entry's declarations export, then what those name without exporting it. */
import { relative } from "node:path";
import ts from "typescript";
import { root } from "./entries.ts";

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
  types: ["node"],
  strict: true,
  allowJs: true,
  skipLibCheck: true,
  noEmit: true,
};

/** One program for all: the declarations of Drizzle and of the drivers are read once. */
export class PublicApi {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;

  constructor(files: readonly string[]) {
    this.#program = ts.createProgram(files, OPTIONS);
    this.#checker = this.#program.getTypeChecker();
  }

  /** The names that a file of code, or of declarations, exports as values. */
  values(file: string): string[] {
    return this.#exportsOf(file)
      .filter(({ symbol, isType }) => !isType && symbol.flags & ts.SymbolFlags.Value)
      .map(({ name }) => name);
  }

  /** Without comments, and the same for every split into files. */
  text(file: string): string {
    const told = new Set<ts.Symbol>();
    const within: ts.Symbol[] = [];
    const tell = (symbol: ts.Symbol, name: string, prefix: string): string => {
      told.add(symbol);
      const declarations = (symbol.declarations ?? []).filter(isOurs);
      if (declarations.length === 0) return `${prefix}${name} of another package`;
      within.push(...declarations.flatMap((declaration) => this.#namedBy(declaration)));
      return declarations.map((declaration) => prefix + print(declaration)).join("\n");
    };
    const exported = this.#exportsOf(file).map(({ name, symbol }) => tell(symbol, name, "export "));
    const others = new Map<string, string>();
    for (let next = within.shift(); next; next = within.shift()) {
      if (!told.has(next)) others.set(next.name, tell(next, next.name, ""));
    }
    const sorted = [...others].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
    return `${[...exported, ...sorted].join("\n\n")}\n`.replace(/\b(\w+)\$\d+\b/g, "$1");
  }

  #exportsOf(file: string): { name: string; symbol: ts.Symbol; isType: boolean }[] {
    const source = this.#program.getSourceFile(file);
    const module = source && this.#checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} exports nothing`);
    return this.#checker
      .getExportsOfModule(module)
      .map((symbol) => ({
        name: symbol.name,
        symbol: this.#whatIs(symbol),
        isType: symbol.declarations?.some(ts.isTypeOnlyExportDeclaration) ?? false,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What is declared at the top of our files, and named anywhere in a declaration. */
  #namedBy(declaration: ts.Node): ts.Symbol[] {
    const found: ts.Symbol[] = [];
    const look = (node: ts.Node): void => {
      const symbol = ts.isIdentifier(node) ? this.#checker.getSymbolAtLocation(node) : undefined;
      const named = symbol && this.#whatIs(symbol);
      if (named?.declarations?.some((each) => isOurs(each) && isAtTop(each))) found.push(named);
      ts.forEachChild(node, look);
    };
    look(declaration);
    return found;
  }

  #whatIs(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }
}

const isOurs = (node: ts.Node): boolean => /^dist[\\/]/.test(relative(root, node.getSourceFile().fileName));
const statementOf = (node: ts.Node): ts.Node => (ts.isVariableDeclaration(node) ? node.parent.parent : node);
const isAtTop = (node: ts.Node): boolean => ts.isSourceFile(statementOf(node).parent);

const printer = ts.createPrinter({ removeComments: true });
const print = (node: ts.Node): string =>
  printer.printNode(ts.EmitHint.Unspecified, statementOf(node), node.getSourceFile()).replace(/^declare /, "");
