import { relations } from "drizzle-orm";
import { people, teamMembers, teams } from "./people.ts";
import { runbooks } from "./runbooks.ts";
import { contacts, links, systemAliases, systems } from "./systems.ts";
import { systemTags, tags } from "./tags.ts";

export const systemRelations = relations(systems, ({ one, many }) => ({
  owner: one(teams, { fields: [systems.ownerTeamId], references: [teams.id] }),
  aliases: many(systemAliases),
  contacts: many(contacts),
  links: many(links),
  tags: many(systemTags),
  runbooks: many(runbooks),
}));

export const aliasRelations = relations(systemAliases, ({ one }) => ({
  system: one(systems, { fields: [systemAliases.systemId], references: [systems.id] }),
}));

export const contactRelations = relations(contacts, ({ one }) => ({
  system: one(systems, { fields: [contacts.systemId], references: [systems.id] }),
}));

export const linkRelations = relations(links, ({ one }) => ({
  system: one(systems, { fields: [links.systemId], references: [systems.id] }),
}));

export const runbookRelations = relations(runbooks, ({ one }) => ({
  system: one(systems, { fields: [runbooks.systemId], references: [systems.id] }),
  reviewer: one(people, { fields: [runbooks.reviewedBy], references: [people.id] }),
}));

export const systemTagRelations = relations(systemTags, ({ one }) => ({
  system: one(systems, { fields: [systemTags.systemId], references: [systems.id] }),
  tag: one(tags, { fields: [systemTags.tagId], references: [tags.id] }),
}));

export const teamRelations = relations(teams, ({ many }) => ({
  members: many(teamMembers),
  systems: many(systems),
}));

export const memberRelations = relations(teamMembers, ({ one }) => ({
  team: one(teams, { fields: [teamMembers.teamId], references: [teams.id] }),
  person: one(people, { fields: [teamMembers.personId], references: [people.id] }),
}));
