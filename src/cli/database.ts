/** `with-test-db database`: a standing test database, which has a name of its own and stays. */
import type { Command } from "commander";
import { addCommands } from "./database/commands.ts";
import { addLooks } from "./database/looks.ts";

export function addDatabase(program: Command): void {
  const database = program
    .command("database")
    .alias("db")
    .description("a test database that stays: made from the migrations, migrated, emptied, checked")
    .addHelpText(
      "after",
      `
Examples:
  $ npx with-test-db database                     make it, or run what is pending
  $ npx with-test-db database clean               rows out; those of the migrations stay
  $ npx with-test-db database verify --json       is it what the migrations make?`,
    );
  addCommands(database);
  addLooks(database);
}
