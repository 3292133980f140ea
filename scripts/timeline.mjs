/** A vitest setup file: appends what the library publishes of its units to the file that `TEST_DB_TIMELINE` names. */
import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";

const file = process.env.TEST_DB_TIMELINE;
if (file) subscribe("with-test-db", (event) => appendFileSync(file, `${JSON.stringify(event)}\n`));
