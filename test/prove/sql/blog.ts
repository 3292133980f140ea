/** Tables of a blog with tenants, in SQL and as Drizzle 0.45 knows them. */
import { relations, sql } from "drizzle-orm";
import * as p from "drizzle-orm/pg-core";

export const BLOG_DDL = `
create type plan as enum ('free', 'paid');
create table orgs (id serial primary key, name text not null, slug text not null unique, plan plan not null default 'free', deleted_at timestamptz);
create table users (
  id serial primary key, org_id integer not null references orgs, email text not null unique, name text,
  manager_id integer references users, is_active boolean not null default true, age integer, data jsonb,
  tags text[] not null default '{}', created_at timestamptz not null default now()
);
create table teams (
  id serial primary key, org_id integer not null references orgs, lead_id integer references users, name text not null,
  status text not null, unique (org_id, name), unique (id, org_id)
);
create table memberships (
  team_id integer not null, user_id integer not null references users, org_id integer not null, role text not null, joined_on date,
  primary key (team_id, user_id), foreign key (team_id, org_id) references teams (id, org_id)
);
create table posts (
  id serial primary key, author_id integer not null references users, title text not null, body text, status text not null,
  published_at timestamptz, views integer not null default 0, deleted_at timestamptz
);
create table comments (
  id serial primary key, post_id integer not null references posts, author_id integer references users, body text not null,
  parent_id integer references comments
);
create table orders (id serial primary key, user_id integer not null references users, total numeric not null, currency text, placed_on date not null);
`;

const id = () => p.serial("id").primaryKey();
const at = (name: string) => p.timestamp(name, { withTimezone: true });

export const plan = p.pgEnum("plan", ["free", "paid"]);

export const orgs = p.pgTable("orgs", {
  id: id(),
  name: p.text("name").notNull(),
  slug: p.text("slug").notNull().unique(),
  plan: plan("plan").notNull().default("free"),
  deletedAt: at("deleted_at"),
});

export const users = p.pgTable("users", {
  id: id(),
  orgId: p.integer("org_id").notNull(),
  email: p.text("email").notNull().unique(),
  name: p.text("name"),
  managerId: p.integer("manager_id"),
  isActive: p.boolean("is_active").notNull().default(true),
  age: p.integer("age"),
  data: p.jsonb("data").$type<{ city?: string }>(),
  tags: p.text("tags").array().notNull().default(sql`'{}'`),
  createdAt: at("created_at").notNull().defaultNow(),
});

export const teams = p.pgTable("teams", {
  id: id(),
  orgId: p.integer("org_id").notNull(),
  leadId: p.integer("lead_id"),
  name: p.text("name").notNull(),
  status: p.text("status").notNull(),
});

export const memberships = p.pgTable(
  "memberships",
  {
    teamId: p.integer("team_id").notNull(),
    userId: p.integer("user_id").notNull(),
    orgId: p.integer("org_id").notNull(),
    role: p.text("role").notNull(),
    joinedOn: p.date("joined_on"),
  },
  (table) => [p.primaryKey({ columns: [table.teamId, table.userId] })],
);

export const posts = p.pgTable("posts", {
  id: id(),
  authorId: p.integer("author_id").notNull(),
  title: p.text("title").notNull(),
  body: p.text("body"),
  status: p.text("status").notNull(),
  publishedAt: at("published_at"),
  views: p.integer("views").notNull().default(0),
  deletedAt: at("deleted_at"),
});

export const comments = p.pgTable("comments", {
  id: id(),
  postId: p.integer("post_id").notNull(),
  authorId: p.integer("author_id"),
  body: p.text("body").notNull(),
  parentId: p.integer("parent_id"),
});

export const orders = p.pgTable("orders", {
  id: id(),
  userId: p.integer("user_id").notNull(),
  total: p.numeric("total").notNull(),
  currency: p.text("currency"),
  placedOn: p.date("placed_on").notNull(),
});

export const orgsRelations = relations(orgs, ({ many }) => ({ users: many(users), teams: many(teams) }));

export const usersRelations = relations(users, ({ one, many }) => ({
  org: one(orgs, { fields: [users.orgId], references: [orgs.id] }),
  manager: one(users, { fields: [users.managerId], references: [users.id], relationName: "manager" }),
  reports: many(users, { relationName: "manager" }),
  posts: many(posts),
  memberships: many(memberships),
}));

export const teamsRelations = relations(teams, ({ one, many }) => ({
  org: one(orgs, { fields: [teams.orgId], references: [orgs.id] }),
  memberships: many(memberships),
}));

export const membershipsRelations = relations(memberships, ({ one }) => ({
  team: one(teams, { fields: [memberships.teamId], references: [teams.id] }),
  user: one(users, { fields: [memberships.userId], references: [users.id] }),
}));

export const postsRelations = relations(posts, ({ one, many }) => ({
  author: one(users, { fields: [posts.authorId], references: [users.id] }),
  comments: many(comments),
}));

export const commentsRelations = relations(comments, ({ one }) => ({
  post: one(posts, { fields: [comments.postId], references: [posts.id] }),
  author: one(users, { fields: [comments.authorId], references: [users.id] }),
}));
