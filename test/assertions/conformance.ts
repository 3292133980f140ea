/** What assertions owe their users, whichever driver and line of Drizzle is below. */
import { describe } from "vitest";
import type { Subject } from "../drivers/conformance.ts";
import { changesConformance } from "./changes-conformance.ts";
import { schemaConformance } from "./schema-conformance.ts";
import type { Assertions } from "./tables.ts";
import { violationsConformance } from "./violations-conformance.ts";

export function assertionsConformance<Client>(subject: Subject<Client>, assertions: Assertions): void {
  describe("a schema", () => schemaConformance(subject, assertions));
  describe("changes", () => changesConformance(subject, assertions));
  describe("errors", () => violationsConformance(subject, assertions));
}
