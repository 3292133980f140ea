/** Queries as applications build them with Drizzle 0.45. */
import * as d from "drizzle-orm";
import { sql } from "drizzle-orm";
import { alias, union, unionAll } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pg-proxy";
import * as schema from "./blog.ts";

const { comments, memberships, orders, orgs, posts, teams, users } = schema;
const { and, asc, count, desc, eq, exists, gt, gte, ilike, inArray, isNotNull, isNull, lt, lte, ne, not, notExists } =
  d;
const { avg, between, countDistinct, like, max, min, notBetween, notIlike, notInArray, or, sum } = d;
const db = drizzle(async () => ({ rows: [] }), { schema });
const manager = alias(users, "manager");
const child = alias(comments, "child");

interface Query {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
}

const latest = db
  .selectDistinctOn([posts.authorId], { id: posts.id, authorId: posts.authorId, title: posts.title })
  .from(posts)
  .orderBy(posts.authorId, desc(posts.publishedAt))
  .as("latest");
const ranked = db.$with("ranked").as(
  db
    .select({
      id: posts.id,
      authorId: posts.authorId,
      place: sql<number>`row_number() over (partition by ${posts.authorId} order by ${posts.views} desc)`.as("place"),
    })
    .from(posts),
);
const active = db.$with("active").as(
  db
    .select({ authorId: posts.authorId, written: count().as("written") })
    .from(posts)
    .where(eq(posts.status, "a"))
    .groupBy(posts.authorId),
);
const gone = db.$with("gone").as(db.delete(comments).where(isNull(comments.authorId)).returning());
const written = db
  .select({ n: count().as("n") })
  .from(posts)
  .where(eq(posts.authorId, users.id))
  .as("written");

export const SELECTS: Readonly<Record<string, Query>> = {
  all: db.select().from(teams),
  byKey: db.select().from(teams).where(eq(teams.id, 1)).limit(1),
  byUniqueName: db
    .select()
    .from(teams)
    .where(and(eq(teams.orgId, 1), eq(teams.name, "a")))
    .limit(1),
  ofTenant: db
    .select()
    .from(teams)
    .where(and(eq(teams.orgId, 1), eq(teams.status, "a")))
    .orderBy(asc(teams.name)),
  orderedByWhatIsFixed: db
    .select()
    .from(teams)
    .where(eq(teams.orgId, 1))
    .orderBy(teams.orgId, teams.status, teams.id, teams.name),
  page: db
    .select({ id: posts.id, title: posts.title })
    .from(posts)
    .where(and(isNull(posts.deletedAt), or(eq(posts.status, "a"), gt(posts.views, 1))))
    .orderBy(desc(posts.publishedAt), posts.id)
    .limit(2)
    .offset(1),
  keyset: db
    .select()
    .from(posts)
    .where(or(lt(posts.views, 2), and(eq(posts.views, 2), lt(posts.id, 2))))
    .orderBy(desc(posts.views), desc(posts.id))
    .limit(2),
  innerByReference: db.select().from(posts).innerJoin(users, eq(users.id, posts.authorId)),
  leftByReference: db.select().from(posts).leftJoin(users, eq(posts.authorId, users.id)),
  leftByNullableReference: db.select().from(comments).leftJoin(users, eq(comments.authorId, users.id)),
  innerByNullableReference: db.select().from(comments).innerJoin(users, eq(comments.authorId, users.id)),
  leftRejected: db.select().from(comments).leftJoin(users, eq(comments.authorId, users.id)).where(eq(users.orgId, 1)),
  leftRejectedByFunction: db
    .select()
    .from(comments)
    .leftJoin(users, eq(comments.authorId, users.id))
    .where(eq(sql`lower(${users.email})`, "a")),
  leftRejectedByFlag: db
    .select()
    .from(comments)
    .leftJoin(users, eq(comments.authorId, users.id))
    .where(sql`${users.isActive}`),
  leftNotRejected: db
    .select()
    .from(comments)
    .leftJoin(users, eq(comments.authorId, users.id))
    .where(or(isNull(users.id), eq(users.orgId, 1))),
  leftRejectedByAlternatives: db
    .select()
    .from(comments)
    .leftJoin(users, eq(comments.authorId, users.id))
    .where(or(eq(users.name, "a"), eq(users.orgId, 1))),
  anti: db
    .select({ id: users.id })
    .from(users)
    .leftJoin(posts, and(eq(posts.authorId, users.id), eq(posts.status, "a")))
    .where(isNull(posts.id)),
  onlyCounted: db
    .select({ n: count(posts.id) })
    .from(users)
    .leftJoin(posts, eq(posts.authorId, users.id)),
  onlySummed: db
    .select({ total: sum(orders.total), most: max(orders.total) })
    .from(users)
    .leftJoin(orders, eq(orders.userId, users.id))
    .where(eq(users.orgId, 1)),
  countedByUser: db
    .select({ id: users.id, n: count(posts.id), all: count() })
    .from(users)
    .leftJoin(posts, eq(posts.authorId, users.id))
    .groupBy(users.id, users.name)
    .orderBy(desc(count(posts.id)), users.id),
  selfJoin: db
    .select({ name: users.name, manager: manager.name })
    .from(users)
    .leftJoin(manager, eq(users.managerId, manager.id))
    .where(and(eq(users.isActive, true), eq(users.orgId, 1))),
  selfJoinFiltered: db
    .select({ name: users.name, manager: manager.name })
    .from(users)
    .innerJoin(manager, and(eq(users.managerId, manager.id), eq(manager.isActive, true)))
    .where(eq(users.isActive, true)),
  threeTables: db
    .select({ team: teams.name, user: users.name, role: memberships.role })
    .from(memberships)
    .innerJoin(teams, and(eq(teams.id, memberships.teamId), eq(teams.orgId, memberships.orgId)))
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(teams.orgId, 1), ne(memberships.role, "a")))
    .orderBy(teams.id, teams.name, users.id),
  fullJoin: db.select().from(teams).fullJoin(users, eq(teams.leadId, users.id)),
  fullJoinRejected: db.select().from(teams).fullJoin(users, eq(teams.leadId, users.id)).where(eq(users.orgId, 1)),
  rightJoin: db.select().from(teams).rightJoin(users, eq(teams.leadId, users.id)),
  crossJoin: db.select().from(teams).crossJoin(orgs).where(eq(teams.orgId, orgs.id)),
  notNullAndMore: db
    .select()
    .from(posts)
    .where(and(isNotNull(posts.deletedAt), gt(posts.deletedAt, new Date(0)))),
  notNullAlways: db.select().from(posts).where(isNotNull(posts.title)),
  nullNever: db.select().from(posts).where(isNull(posts.title)),
  membership: db
    .select()
    .from(teams)
    .where(and(inArray(teams.status, ["a", "b"]), notInArray(teams.id, [2, 3]))),
  anyOf: db
    .select()
    .from(users)
    .where(sql`${users.id} = any(${sql.param([1, 2])}::int[])`),
  inSubquery: db
    .select()
    .from(users)
    .where(inArray(users.id, db.select({ id: posts.authorId }).from(posts).where(eq(posts.status, "a")))),
  inDistinctSubquery: db
    .select()
    .from(users)
    .where(inArray(users.id, db.selectDistinct({ id: posts.authorId }).from(posts).orderBy(posts.authorId))),
  inLimitedSubquery: db
    .select()
    .from(users)
    .where(inArray(users.id, db.select({ id: posts.authorId }).from(posts).orderBy(posts.views, posts.id).limit(1))),
  notInSubquery: db
    .select()
    .from(users)
    .where(notInArray(users.id, db.select({ id: posts.authorId }).from(posts))),
  existing: db
    .select()
    .from(users)
    .where(
      exists(
        db
          .select({ one: sql`1` })
          .from(posts)
          .where(and(eq(posts.authorId, users.id), isNull(posts.deletedAt)))
          .orderBy(posts.id)
          .limit(1),
      ),
    ),
  notExisting: db
    .select()
    .from(users)
    .where(notExists(db.select().from(posts).where(eq(posts.authorId, users.id)))),
  search: db
    .select()
    .from(users)
    .where(or(ilike(users.name, "%a%"), like(users.email, "a%"), notIlike(users.email, "%b"))),
  ranges: db
    .select()
    .from(orders)
    .where(and(between(orders.total, "1", "3"), notBetween(orders.id, 2, 3), gte(orders.placedOn, "2020-01-01"))),
  negated: db
    .select()
    .from(users)
    .where(not(and(eq(users.isActive, true), eq(users.orgId, 1)) ?? sql`true`)),
  expired: db
    .select()
    .from(posts)
    .where(and(lt(posts.publishedAt, sql`now()`), lte(sql`${posts.publishedAt}::date`, sql`current_date`))),
  json: db
    .select({ city: sql`${users.data} ->> 'city'` })
    .from(users)
    .where(sql`${users.data} ->> 'city' = ${"a"}`),
  jsonContains: db
    .select()
    .from(users)
    .where(sql`${users.data} @> ${JSON.stringify({ city: "a" })}::jsonb`),
  arrays: db
    .select()
    .from(users)
    .where(d.arrayContains(users.tags, ["a"])),
  arrayOverlaps: db
    .select()
    .from(users)
    .where(and(d.arrayOverlaps(users.tags, ["a", "b"]), sql`${"a"} = any(${users.tags})`)),
  grouped: db
    .select({
      status: posts.status,
      author: posts.authorId,
      n: count(),
      views: sum(posts.views),
      mean: avg(posts.views),
    })
    .from(posts)
    .groupBy(posts.status, posts.authorId)
    .having(and(gt(count(), 1), lt(max(posts.views), 3)))
    .orderBy(posts.status, desc(count())),
  groupedNotSelected: db.select({ n: count() }).from(posts).groupBy(posts.status, posts.authorId),
  groupedByWhatIsFixed: db
    .select({ n: count() })
    .from(posts)
    .where(eq(posts.authorId, 1))
    .groupBy(posts.status, posts.authorId),
  everyGroupHasOne: db.select({ n: count() }).from(posts).groupBy(posts.status).having(gt(count(), 0)),
  aggregates: db
    .select({
      n: count(users.name),
      required: count(users.email),
      one: sql`count(1)`,
      names: countDistinct(users.name),
      ids: countDistinct(users.id),
      youngest: min(users.age),
      any: sql`bool_or(${users.isActive})`,
      active: sql<number>`count(*) filter (where ${users.isActive} = true)`,
      list: sql`array_agg(distinct ${users.name})`,
      sorted: sql`string_agg(${users.email}, ',' order by ${users.email})`,
    })
    .from(users)
    .where(eq(users.orgId, 1)),
  notNullCounted: db
    .select({ n: count(users.name) })
    .from(users)
    .where(isNotNull(users.name)),
  distinct: db.selectDistinct({ status: posts.status }).from(posts),
  distinctKey: db.selectDistinct({ id: posts.id, status: posts.status }).from(posts),
  distinctJoined: db
    .selectDistinct({ id: users.id, name: users.name })
    .from(users)
    .innerJoin(posts, eq(posts.authorId, users.id)),
  distinctByReference: db
    .selectDistinct({ id: posts.id, name: users.name })
    .from(posts)
    .innerJoin(users, eq(posts.authorId, users.id)),
  distinctOn: db
    .selectDistinctOn([posts.authorId], { id: posts.id, authorId: posts.authorId })
    .from(posts)
    .orderBy(posts.authorId, desc(posts.publishedAt)),
  distinctOnKey: db.selectDistinctOn([posts.id]).from(posts),
  distinctGrouped: db.selectDistinct({ status: posts.status, n: count() }).from(posts).groupBy(posts.status),
  latestJoined: db
    .select({ user: users.id, title: latest.title })
    .from(users)
    .leftJoin(latest, eq(latest.authorId, users.id)),
  windowed: db.with(ranked).select().from(ranked).where(lte(ranked.place, 1)).orderBy(ranked.id),
  windowedInPlace: db.select({ id: posts.id, all: sql`sum(${posts.views}) over (order by ${posts.id})` }).from(posts),
  withActive: db
    .with(active)
    .select({ id: users.id, written: active.written })
    .from(users)
    .leftJoin(active, eq(active.authorId, users.id))
    .where(gt(sql`coalesce(${active.written}, 0)`, 0)),
  lateral: db.select({ id: users.id, n: written.n }).from(users).leftJoinLateral(written, sql`true`),
  lateralFiltered: db.select({ id: users.id, n: written.n }).from(users).leftJoinLateral(written, gt(written.n, 1)),
  scalar: db
    .select({
      id: users.id,
      n: db.$count(posts, eq(posts.authorId, users.id)),
      last: sql`(select ${posts.title} from ${posts} where ${posts.authorId} = ${users.id} order by ${posts.id} desc limit 1)`,
      org: sql`(select ${orgs.name} from ${orgs} where ${orgs.id} = ${users.orgId})`,
    })
    .from(users),
  defaults: db
    .select({
      name: sql`coalesce(${users.name}, 'none')`,
      email: sql`coalesce(${users.email}, 'none')`,
      three: sql`coalesce(${users.name}, ${users.email}, 'none')`,
      four: sql`coalesce(${users.name}, ${users.data} ->> 'name', 'none')`,
    })
    .from(users)
    .where(sql`coalesce(${users.age}, 0) > ${1} and not coalesce(${users.data} ->> 'city' = 'a', false)`),
  defaultThatNeverHolds: db
    .select({ id: users.id })
    .from(users)
    .where(sql`coalesce(${users.data} ->> 'city' = 'a', false)`),
  defaultOfSum: db
    .select({ n: sql`coalesce(sum(${orders.total}), 0)` })
    .from(orders)
    .where(eq(orders.userId, 1)),
  union: union(
    db.select({ id: users.id, name: users.email }).from(users),
    db.select({ id: teams.id, name: teams.name }).from(teams),
  ),
  unionOrdered: union(db.select({ id: users.id }).from(users), db.select({ id: teams.id }).from(teams))
    .orderBy(sql`id`)
    .limit(2),
  unionOfThree: union(
    db.select({ id: users.id }).from(users),
    db.select({ id: teams.id }).from(teams),
    db.selectDistinct({ id: posts.authorId }).from(posts),
  ),
  unionAll: unionAll(
    db.select({ status: teams.status }).from(teams),
    db.select({ status: posts.status }).from(posts).orderBy(posts.id),
  ),
  feed: unionAll(
    db.select({ id: users.id, is: sql`'user'` }).from(users),
    db.select({ id: teams.id, is: sql`'team'` }).from(teams),
  ),
  except: db
    .select({ id: users.id })
    .from(users)
    .except(db.selectDistinct({ id: posts.authorId }).from(posts)),
  comments: db
    .select({ id: comments.id, answer: child.body })
    .from(comments)
    .leftJoin(child, eq(child.parentId, comments.id))
    .orderBy(comments.id, child.id),
  locked: db
    .select()
    .from(teams)
    .where(eq(teams.status, "a"))
    .orderBy(teams.id)
    .limit(1)
    .for("update", { skipLocked: true }),
  nullsFirst: db.select().from(posts).orderBy(sql`${posts.publishedAt} desc nulls last`, posts.views),
  constants: db
    .select()
    .from(teams)
    .where(and(sql`true`, eq(teams.status, "a"))),
  findMany: db.query.users.findMany({
    where: eq(users.orgId, 1),
    orderBy: [asc(users.name), asc(users.id)],
    with: {
      org: true,
      posts: { where: isNull(posts.deletedAt), orderBy: desc(posts.id), limit: 2 },
      manager: { columns: { name: true } },
    },
  }),
  findFirst: db.query.teams.findFirst({
    where: and(eq(teams.id, 1), eq(teams.orgId, 1)),
    with: { memberships: { with: { user: { with: { org: true } } } } },
  }),
  findNested: db.query.posts.findMany({
    columns: { id: true },
    limit: 2,
    offset: 1,
    orderBy: posts.id,
    with: { author: { with: { manager: true } }, comments: { with: { author: true }, orderBy: comments.id } },
    extras: { size: sql<number>`length(${posts.title})`.as("size") },
  }),
};

export const WRITES: Readonly<Record<string, Query>> = {
  update: db
    .update(teams)
    .set({ status: "b", leadId: null })
    .where(and(eq(teams.id, 1), eq(teams.orgId, 1)))
    .returning({ id: teams.id, status: teams.status }),
  increment: db
    .update(posts)
    .set({ views: sql`${posts.views} + 1` })
    .where(eq(posts.status, "a")),
  updateFrom: db
    .update(posts)
    .set({ status: "b" })
    .from(users)
    .where(and(eq(users.id, posts.authorId), eq(users.isActive, false))),
  updateBySubquery: db
    .update(teams)
    .set({ leadId: sql`(select min(${users.id}) from ${users} where ${users.orgId} = ${teams.orgId})` })
    .where(isNull(teams.leadId)),
  delete: db
    .delete(comments)
    .where(and(eq(comments.postId, 1), isNull(comments.authorId)))
    .returning({ id: comments.id }),
  deleteOldest: db
    .delete(comments)
    .where(
      inArray(comments.id, db.select({ id: comments.id }).from(comments).orderBy(comments.body, comments.id).limit(1)),
    ),
  deleteWith: db
    .with(gone)
    .delete(posts)
    .where(inArray(posts.id, db.select({ id: gone.postId }).from(gone))),
  insert: db.insert(orgs).values({ name: "a", slug: "z" }).returning({ id: orgs.id, plan: orgs.plan }),
  insertOrNothing: db.insert(orgs).values({ name: "a", slug: "a" }).onConflictDoNothing().returning(),
  upsert: db
    .insert(orgs)
    .values([
      { name: "a", slug: "a" },
      { name: "b", slug: "y" },
    ])
    .onConflictDoUpdate({
      target: orgs.slug,
      set: { name: sql`excluded.name`, slug: sql`excluded.slug`, plan: "paid" },
      setWhere: isNull(orgs.deletedAt),
    }),
  insertSelect: db.insert(comments).select(
    db
      .select({
        id: sql<number>`nextval('comments_id_seq')::int`.as("id"),
        postId: posts.id,
        authorId: posts.authorId,
        body: sql<string>`coalesce(${posts.body}, '')`.as("body"),
        parentId: sql<number>`null::int`.as("parent_id"),
      })
      .from(posts)
      .where(eq(posts.status, "a")),
  ),
};
