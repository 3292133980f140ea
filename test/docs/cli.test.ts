/** docs/cli.md against the commands themselves: every command has a section, and every option is in its table. */
import { Command } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { GROUPS } from "../../src/cli/commands.ts";
import { read } from "./pages.ts";

const page = read("docs/cli.md");

/** By command, what its section says of options: in its tables, and in all code of its text. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const name = section.slice(0, section.indexOf("\n"));
      const text = section.replace(/^```[\s\S]*?^```/gm, "");
      const told = new Set(
        [...text.matchAll(/`[^`\n]*`/g)].flatMap(([code]) => code.match(/(?<![\w-])--[a-z][\w-]*/g) ?? []),
      );
      const cells = [...text.matchAll(/^\| ((?:`[^`]*`(?:, )?)+) \|/gm)];
      return [name, { told, listed: cells.flatMap(([, cell = ""]) => cell.match(/--[a-z][\w-]*/g) ?? []) }] as const;
    }),
);

interface Found {
  readonly name: string;
  readonly options: readonly string[];
}

const found: Found[] = [];
const walk = (command: Command, path: string): void => {
  const name = `${path}${command.name()}`;
  const options = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));
  if (command.commands.length === 0) found.push({ name, options });
  for (const below of command.commands) walk(below, `${name} `);
};

beforeAll(async () => {
  for (const commands of Object.values(GROUPS)) {
    for (const load of Object.values(commands)) {
      const program = new Command();
      (await load())(program);
      for (const command of program.commands) walk(command, "");
    }
  }
}, 60_000);

describe("docs/cli.md", () => {
  const sectionOf = (name: string) => sections.get(name.split(" ")[0] as string);

  it("has a section for every command", () => {
    expect(found.length).toBeGreaterThan(10);
    expect(found.map(({ name }) => name).filter((name) => !sectionOf(name))).toEqual([]);
  });

  it("tells of every option of every command, in its section or where all commands are", () => {
    const common = sections.get("What commands have in common")?.told;
    const missing = found.flatMap(({ name, options }) =>
      options
        .filter((option) => !sectionOf(name)?.told.has(option) && !common?.has(option))
        .map((option) => `${name} ${option}`),
    );
    expect(missing).toEqual([]);
  });

  it("lists no option that there is not", () => {
    const all = new Set(found.flatMap(({ options }) => options));
    const listed = [...sections.values()].flatMap(({ listed }) => listed);
    expect(listed.length).toBeGreaterThan(40);
    expect(listed.filter((option) => !all.has(option))).toEqual([]);
  });
});
