CREATE TYPE "public"."channel_kind" AS ENUM('email', 'chat', 'pager');--> statement-breakpoint
CREATE TYPE "public"."incident_status" AS ENUM('investigating', 'mitigated', 'resolved');--> statement-breakpoint
ALTER TYPE "public"."attribution_kind" ADD VALUE 'maintenance';--> statement-breakpoint
CREATE SEQUENCE "public"."incident_number" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1000 CACHE 1;--> statement-breakpoint
CREATE TABLE "channels" (
	"id" serial PRIMARY KEY NOT NULL,
	"kind" "channel_kind" NOT NULL,
	"address" text NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "incident_events" (
	"incident_number" bigint NOT NULL,
	"event_id" bigint NOT NULL,
	CONSTRAINT "incident_events_incident_number_event_id_pk" PRIMARY KEY("incident_number","event_id"),
	CONSTRAINT "incident_events_event_id_unique" UNIQUE("event_id")
);
--> statement-breakpoint
CREATE TABLE "incidents" (
	"number" bigint PRIMARY KEY DEFAULT nextval('incident_number') NOT NULL,
	"code" text GENERATED ALWAYS AS ('INC-' || lpad("incidents"."number"::text, 6, '0')) STORED,
	"title" text NOT NULL,
	"status" "incident_status" DEFAULT 'investigating' NOT NULL,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "incidents_resolved_has_time" CHECK (("incidents"."status" = 'resolved') = ("incidents"."resolved_at" is not null))
);
--> statement-breakpoint
CREATE TABLE "policy_channels" (
	"policy_id" integer NOT NULL,
	"channel_id" integer NOT NULL,
	CONSTRAINT "policy_channels_policy_id_channel_id_pk" PRIMARY KEY("policy_id","channel_id")
);
--> statement-breakpoint
ALTER TABLE "incident_events" ADD CONSTRAINT "incident_events_incident_number_incidents_number_fk" FOREIGN KEY ("incident_number") REFERENCES "public"."incidents"("number") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident_events" ADD CONSTRAINT "incident_events_event_id_downtime_events_id_fk" FOREIGN KEY ("event_id") REFERENCES "public"."downtime_events"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "policy_channels" ADD CONSTRAINT "policy_channels_policy_id_alert_policies_id_fk" FOREIGN KEY ("policy_id") REFERENCES "public"."alert_policies"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "policy_channels" ADD CONSTRAINT "policy_channels_channel_id_channels_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channels"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "channels_kind_address_key" ON "channels" USING btree ("kind",lower("address"));--> statement-breakpoint
CREATE UNIQUE INDEX "channels_one_default_per_kind" ON "channels" USING btree ("kind") WHERE "channels"."is_default";--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_code_key" ON "incidents" USING btree ("code");--> statement-breakpoint
CREATE VIEW "public"."objective_status" AS (select "objectives"."id" as "objective_id", "objectives"."name" as "objective_name", "services"."name" as "service_name", "objectives"."target", "objectives"."budget", count("downtime_events"."id") as "open_count" from "objectives" inner join "services" on "services"."id" = "objectives"."service_id" left join "downtime_events" on ("downtime_events"."objective_id" = "objectives"."id" and "downtime_events"."ended_at" is null) where "objectives"."retired_at" is null group by "objectives"."id", "services"."name");--> statement-breakpoint
CREATE VIEW "public"."open_events" AS (select "id", "objective_id", "severity_id", "started_at", "summary" from "downtime_events" where "downtime_events"."ended_at" is null);--> statement-breakpoint
CREATE VIEW "public"."standing_attributions" AS (select "event_id", "kind", "team_id", "provider_id" from "attributions" where "attributions"."retracted_at" is null);--> statement-breakpoint
CREATE MATERIALIZED VIEW "public"."monthly_downtime" AS (select "objective_id", date_trunc('month', "downtime_events"."started_at" at time zone 'UTC')::date as "month", count(*) as "event_count", sum(extract(epoch from "ended_at" - "started_at"))::float8 as "seconds" from "downtime_events" where "downtime_events"."ended_at" is not null group by "downtime_events"."objective_id", date_trunc('month', "downtime_events"."started_at" at time zone 'UTC')::date);