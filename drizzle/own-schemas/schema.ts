/** What drizzle-kit made the migrations beside this from. */
import { sql } from "drizzle-orm";
import { integer, pgSchema, pgTable, serial, text } from "drizzle-orm/pg-core";

export const billing = pgSchema("billing");
export const audit = pgSchema("Audit Log");

export const status = billing.enum("status", ["open", "closed"]);
export const customers = pgTable("customers", { id: serial().primaryKey(), name: text().notNull() });
export const orders = billing.table("orders", {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  customerId: integer("customer_id")
    .notNull()
    .references(() => customers.id),
  status: status().notNull().default("open"),
});
export const shipments = pgTable("shipments", {
  id: serial().primaryKey(),
  orderId: integer("order_id")
    .notNull()
    .references(() => orders.id, { onDelete: "cascade" }),
  status: status(),
});
export const events = audit.table("events", {
  id: serial().primaryKey(),
  shipmentId: integer("shipment_id").references(() => shipments.id),
  what: text().notNull(),
});
export const openOrders = billing
  .view("open_orders")
  .as((qb) => qb.select({ id: orders.id }).from(orders).where(sql`${orders.status} = 'open'`));
