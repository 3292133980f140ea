/** Factories: what has to compile, and what must not, where drizzle-orm 0.45 is installed. */
import { integer, jsonb, pgEnum, pgTable, serial, text, timestamp } from "drizzle-orm/pg-core";
import { withTestDb } from "with-test-db";
import { defineFactories, defineFactory, type Factory } from "with-test-db/fixtures";
import { withTestDb as withPgTestDb } from "with-test-db/pg";

const role = pgEnum("role", ["reader", "admin"]);
const users = pgTable("users", {
  id: serial().primaryKey(),
  name: text().notNull(),
  role: role().notNull(),
  joinedAt: timestamp("joined_at").notNull().defaultNow(),
  facts: jsonb(),
  likes: jsonb().$type<{ colour: string }>(),
});
const posts = pgTable("posts", {
  id: serial().primaryKey(),
  title: text().notNull(),
  authorId: integer("author_id")
    .notNull()
    .references(() => users.id),
});
declare function use(...values: unknown[]): void;

const makeUsers = defineFactory(
  users,
  {
    name: ({ sequence }) => `Ada ${sequence.toFixed()}`,
    role: ({ random }) => (random() < 0.5 ? "admin" : "reader"),
    facts: ({ sequence }) => ({ anything: [sequence] }),
    likes: { colour: "red" },
  },
  { traits: { admin: { role: "admin" }, old: { joinedAt: () => new Date(0) } }, seed: 3 },
);
const makePosts: Factory<typeof posts> = defineFactory(posts, { authorId: makeUsers.with("admin") });
export const make: { users: typeof makeUsers; posts: typeof makePosts } = defineFactories({
  users: makeUsers,
  posts: makePosts,
});

export async function accepted(): Promise<void> {
  const testDb = await withTestDb({ schema: { users }, migrationsFolder: "drizzle" });
  const run = async (): Promise<void> => {};
  const pgTestDb = await withPgTestDb({
    migrationsFolder: "drizzle",
    seed: ["users.csv", "more.sql", { key: "1", run }],
  });
  await withTestDb({
    migrationsFolder: "drizzle",
    seed: ["rows.json", { key: "2", run: ({ db }) => db.insert(users).values({ name: "Ada", role: "admin" }) }],
  });
  const user = await make.users.create(testDb.db, { name: "Ada", facts: null, role: undefined });
  const at: Date = user.joinedAt;
  const role: "reader" | "admin" = user.role;
  const titles: string[] = (await makePosts.createMany(pgTestDb.db, 2, { authorId: user.id })).map(
    ({ title }) => title,
  );
  await testDb.rollback((db) => makePosts.create(db));
  await testDb.db.transaction((transaction) => makePosts.create(transaction, { authorId: () => makeUsers }));
  const graph = await makeUsers
    .having({ posts: [makePosts, 3, "authorId"], drafts: [makePosts.extend({ title: "" }), 1] })
    .with("old")
    .create(pgTestDb.db);
  const title: string | undefined = graph.posts[0]?.title ?? graph.drafts.at(-1)?.title;
  const built: { name: string; role: "reader" | "admin" } = makeUsers.build();
  await makePosts.create(testDb.db, { authorId: makeUsers.key("id") });
  await testDb.db.insert(users).values(makeUsers.build());
  use(at, role, titles, title, built, graph.name);
}

export async function refused(): Promise<void> {
  const testDb = await withTestDb({ schema: { users }, migrationsFolder: "drizzle" });
  // @ts-expect-error neither a file nor code with a key
  await withTestDb({ migrationsFolder: "drizzle", seed: ["users.csv", 1] });
  // @ts-expect-error no such column
  defineFactory(users, { nom: "Ada" });
  // @ts-expect-error not a value of the enum
  defineFactory(users, { role: "owner" });
  // @ts-expect-error not what the function may give
  defineFactory(users, { name: ({ sequence }) => sequence });
  // @ts-expect-error no such column, in a trait
  defineFactory(users, {}, { traits: { admin: { role: "admin", nom: "" } } });
  // @ts-expect-error not a value of the enum, in a trait
  defineFactory(users, {}, { traits: { admin: { role: "owner" } } });
  // @ts-expect-error not what the JSON is said to be
  defineFactory(users, { likes: { colour: 1 } });
  // @ts-expect-error null, where the column takes none
  defineFactory(users, { name: null });
  // @ts-expect-error no such trait
  makeUsers.with("owner");
  // @ts-expect-error no such column, in an override
  await makeUsers.create(testDb.db, { nom: "Ada" });
  // @ts-expect-error not a value of the column, in an override
  await makeUsers.createMany(testDb.db, 2, { name: 1 });
  // @ts-expect-error no such column, in what is built
  makeUsers.build({ nom: "Ada" });
  // @ts-expect-error no such column, in other defaults
  makeUsers.extend({ nom: "Ada" });
  // @ts-expect-error the handle is no database
  await makeUsers.create(testDb, {});
  // @ts-expect-error a key of another type
  await makePosts.create(testDb.db, { authorId: makeUsers.key("name") });
  // @ts-expect-error no such column to take
  makeUsers.key("nom");
  // @ts-expect-error no such column of the child
  makeUsers.having({ posts: [makePosts, 1, "writerId"] });
  // @ts-expect-error no such children
  (await makeUsers.having({ posts: [makePosts, 1] }).create(testDb.db)).drafts;
  // @ts-expect-error no factory
  defineFactories({ users });
}
