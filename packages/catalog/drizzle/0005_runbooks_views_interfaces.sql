ALTER TYPE "public"."protocol" ADD VALUE 'events';--> statement-breakpoint
CREATE SEQUENCE "public"."runbook_number" INCREMENT BY 1 MINVALUE 1 MAXVALUE 99999 START WITH 100 CACHE 1;--> statement-breakpoint
CREATE TABLE "runbooks" (
	"number" bigint PRIMARY KEY DEFAULT nextval('runbook_number') NOT NULL,
	"code" text GENERATED ALWAYS AS ('RB-' || "runbooks"."number"::text) STORED,
	"system_id" text NOT NULL,
	"title" text NOT NULL,
	"body" text DEFAULT '' NOT NULL,
	"reviewed_by" integer,
	"reviewed_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "endpoints" RENAME TO "interfaces";--> statement-breakpoint
ALTER TABLE "dependencies" RENAME COLUMN "endpoint_id" TO "interface_id";--> statement-breakpoint
ALTER TABLE "interfaces" DROP CONSTRAINT "endpoints_system_id_name_key";--> statement-breakpoint
ALTER TABLE "dependencies" DROP CONSTRAINT "dependencies_endpoint_id_endpoints_id_fk";
--> statement-breakpoint
ALTER TABLE "interfaces" DROP CONSTRAINT "endpoints_system_id_systems_id_fk";
--> statement-breakpoint
ALTER TABLE "runbooks" ADD CONSTRAINT "runbooks_system_id_systems_id_fk" FOREIGN KEY ("system_id") REFERENCES "public"."systems"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runbooks" ADD CONSTRAINT "runbooks_reviewed_by_people_id_fk" FOREIGN KEY ("reviewed_by") REFERENCES "public"."people"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "runbooks_code_key" ON "runbooks" USING btree ("code");--> statement-breakpoint
CREATE UNIQUE INDEX "runbooks_system_id_title_lower_key" ON "runbooks" USING btree ("system_id",lower("title"));--> statement-breakpoint
CREATE INDEX "runbooks_unreviewed_idx" ON "runbooks" USING btree ("system_id") WHERE "runbooks"."reviewed_at" is null;--> statement-breakpoint
ALTER TABLE "dependencies" ADD CONSTRAINT "dependencies_interface_id_interfaces_id_fk" FOREIGN KEY ("interface_id") REFERENCES "public"."interfaces"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "interfaces" ADD CONSTRAINT "interfaces_system_id_systems_id_fk" FOREIGN KEY ("system_id") REFERENCES "public"."systems"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "interfaces" ADD CONSTRAINT "interfaces_system_id_name_key" UNIQUE("system_id","name");--> statement-breakpoint
CREATE VIEW "public"."live_systems" AS (select "systems"."id", "systems"."name", "systems"."lifecycle", "systems"."tier", "teams"."slug" as "team_slug" from "systems" left join "teams" on "teams"."id" = "systems"."owner_team_id" where "systems"."lifecycle" <> 'retired');--> statement-breakpoint
CREATE VIEW "public"."system_readiness" AS (select "systems"."id" as "system_id", count(distinct "contacts"."id") as "contact_count", count(distinct "links"."id") as "link_count", count(distinct "contacts"."id") > 0 and count(distinct "links"."id") > 0 and "systems"."owner_team_id" is not null as "is_ready" from "systems" left join "contacts" on ("contacts"."system_id" = "systems"."id" and "contacts"."is_primary" = true) left join "links" on "links"."system_id" = "systems"."id" group by "systems"."id");--> statement-breakpoint
CREATE MATERIALIZED VIEW "public"."tag_usage" AS (select "tags"."id" as "tag_id", "tags"."name", count("system_tags"."system_id") as "system_count" from "tags" left join "system_tags" on "system_tags"."tag_id" = "tags"."id" group by "tags"."id", "tags"."name");