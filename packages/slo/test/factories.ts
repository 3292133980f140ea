/** Rows for tests: whatever a test says nothing of is made up, parents too. */
import { defineFactories, defineFactory } from "with-test-db/fixtures";
import * as schema from "../src/schema/index.ts";

export const make = defineFactories({
  services: defineFactory(schema.services),
  teams: defineFactory(schema.teams),
  providers: defineFactory(schema.providers, { name: ({ sequence }) => `Provider ${sequence}` }),
  objectives: defineFactory(schema.objectives, { target: "99.9" }),
  indicators: defineFactory(schema.indicators),
  samples: defineFactory(schema.indicatorSamples, { good: 3, total: 3 }),
  revisions: defineFactory(schema.objectiveRevisions, { target: "99" }),
  // open; the severity is the default that the migrations brought
  events: defineFactory(schema.downtimeEvents),
  attributions: defineFactory(schema.attributions),
  incidents: defineFactory(schema.incidents),
  channels: defineFactory(schema.channels),
  maintenance: defineFactory(schema.maintenanceWindows, { period: "[2026-01-31 12:00Z,2026-01-31 13:00Z)" }),
});
