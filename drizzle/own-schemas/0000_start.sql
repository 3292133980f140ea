-- pgSchema() makes schemas of the project's own, and foreign keys cross between them and public: one schema cannot hold them
CREATE SCHEMA "Audit Log";
--> statement-breakpoint
CREATE SCHEMA "billing";
--> statement-breakpoint
CREATE TYPE "billing"."status" AS ENUM('open', 'closed');--> statement-breakpoint
CREATE TABLE "customers" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "Audit Log"."events" (
	"id" serial PRIMARY KEY NOT NULL,
	"shipment_id" integer,
	"what" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "billing"."orders" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "billing"."orders_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"customer_id" integer NOT NULL,
	"status" "billing"."status" DEFAULT 'open' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shipments" (
	"id" serial PRIMARY KEY NOT NULL,
	"order_id" integer NOT NULL,
	"status" "billing"."status"
);
--> statement-breakpoint
ALTER TABLE "Audit Log"."events" ADD CONSTRAINT "events_shipment_id_shipments_id_fk" FOREIGN KEY ("shipment_id") REFERENCES "public"."shipments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "billing"."orders" ADD CONSTRAINT "orders_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_order_id_orders_id_fk" FOREIGN KEY ("order_id") REFERENCES "billing"."orders"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE VIEW "billing"."open_orders" AS (select "id" from "billing"."orders" where "billing"."orders"."status" = 'open');