/** What drizzle-kit made the migrations beside this from. */
import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  boolean,
  char,
  check,
  customType,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  numeric,
  pgEnum,
  pgMaterializedView,
  pgPolicy,
  pgSequence,
  pgTable,
  pgView,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";

export const plan = pgEnum("plan", ["free", "team", "public"]);
export const invoiceState = pgEnum("invoice_state", ["draft", "sent", "paid"]);
export const lineKind = pgEnum("line_kind", ["goods", "work", "public"]);
export const invoiceNumber = pgSequence("invoice_number", { startWith: 1000, increment: 10, cache: 5 });

const tsvector = customType<{ data: string }>({ dataType: () => "tsvector" });

export const accounts = pgTable(
  "accounts",
  {
    id: uuid().primaryKey().defaultRandom(),
    name: varchar({ length: 80 }).notNull(),
    plan: plan().notNull().default("free"),
    plans: plan().array().notNull().default(["free"]),
    parentId: uuid("parent_id").references((): AnyPgColumn => accounts.id, { onDelete: "set null" }),
    settings: jsonb().notNull().default({ visibility: "public" }),
    search: tsvector().generatedAlwaysAs((): ReturnType<typeof sql> => sql`to_tsvector('simple', ${accounts.name})`),
    createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    index("accounts_search").using("gin", t.search),
    uniqueIndex("accounts_name").on(sql`lower(${t.name})`).where(sql`${t.parentId} is null`),
    check("accounts_name_filled", sql`${t.name} <> ''`),
    pgPolicy("accounts_all", { for: "all", using: sql`${t.name} <> 'hidden'` }),
  ],
);

export const products = pgTable(
  "products",
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    code: char({ length: 4 }).notNull(),
    price: numeric({ precision: 10, scale: 2 }).notNull(),
    gone: boolean().notNull().default(false),
  },
  (t) => [unique("products_code_price").on(t.code, t.price).nullsNotDistinct()],
);

export const invoices = pgTable(
  "invoices",
  {
    number: integer().notNull().default(sql`nextval('invoice_number')`),
    year: integer().notNull(),
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id, { onDelete: "cascade", onUpdate: "restrict" }),
    state: invoiceState().notNull().default("draft"),
    due: date(),
  },
  (t) => [primaryKey({ columns: [t.year, t.number] })],
);

export const invoiceLines = pgTable(
  "invoice_lines",
  {
    id: integer().primaryKey().generatedByDefaultAsIdentity({ startWith: 100 }),
    year: integer().notNull(),
    number: integer().notNull(),
    productId: integer("product_id")
      .notNull()
      .references(() => products.id),
    note: text(),
    kind: lineKind().notNull().default("goods"),
  },
  (t) => [
    foreignKey({ columns: [t.year, t.number], foreignColumns: [invoices.year, invoices.number] }).onDelete("cascade"),
  ],
);

export const openInvoices = pgView("open_invoices").as((qb) =>
  qb
    .select({ year: invoices.year, number: invoices.number, account: accounts.name })
    .from(invoices)
    .innerJoin(accounts, sql`${accounts.id} = ${invoices.accountId}`)
    .where(sql`${invoices.state} <> 'paid'`),
);
export const accountPlans = pgMaterializedView("account_plans").as((qb) =>
  qb
    .select({ plan: accounts.plan, n: sql<number>`count(*)::integer`.as("n") })
    .from(accounts)
    .groupBy(accounts.plan),
);
