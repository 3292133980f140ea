/** Rows for tests: whatever a test says nothing of is made up, parents too. */
import { defineFactories, defineFactory } from "with-test-db/fixtures";
import * as schema from "../src/schema/index.ts";

export const make = defineFactories({
  systems: defineFactory(
    schema.systems,
    { id: ({ sequence }) => `system-${sequence}` },
    {
      traits: {
        active: { lifecycle: "active" },
        deprecated: { lifecycle: "deprecated" },
        retired: { lifecycle: "retired" },
      },
    },
  ),
  aliases: defineFactory(schema.systemAliases),
  contacts: defineFactory(schema.contacts, {}, { traits: { primary: { isPrimary: true } } }),
  links: defineFactory(schema.links, { url: ({ sequence }) => `https://example.org/${sequence}` }),
  teams: defineFactory(schema.teams),
  systemTags: defineFactory(schema.systemTags),
  tags: defineFactory(schema.tags, { name: ({ sequence }) => `tag ${sequence}` }),
  // the migrations brought the environments
  deployments: defineFactory(schema.deployments, {
    environmentId: "production",
    deployedAt: ({ sequence }) => new Date(Date.UTC(2025, 2, 1, 10, sequence)),
  }),
  dependencies: defineFactory(schema.dependencies),
  interfaces: defineFactory(schema.interfaces),
  people: defineFactory(schema.people, { email: ({ sequence }) => `person-${sequence}@example.org` }),
  runbooks: defineFactory(schema.runbooks),
  waitLocks: defineFactory(schema.waitLocks),
  waitLockRefs: defineFactory(schema.waitLockRefs),
});
