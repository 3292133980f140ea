CREATE TYPE "public"."member_role" AS ENUM('member', 'lead');--> statement-breakpoint
ALTER TYPE "public"."contact_kind" ADD VALUE 'pager';--> statement-breakpoint
CREATE TABLE "team_members" (
	"team_id" integer NOT NULL,
	"person_id" integer NOT NULL,
	"role" "member_role" DEFAULT 'member' NOT NULL,
	"joined_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "team_members_team_id_person_id_pk" PRIMARY KEY("team_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "system_tags" (
	"system_id" text NOT NULL,
	"tag_id" integer NOT NULL,
	"tagged_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "system_tags_system_id_tag_id_pk" PRIMARY KEY("system_id","tag_id")
);
--> statement-breakpoint
CREATE TABLE "tags" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" "citext" NOT NULL,
	CONSTRAINT "tags_name_unique" UNIQUE("name")
);
--> statement-breakpoint
ALTER TABLE "contacts" RENAME COLUMN "address" TO "value";--> statement-breakpoint
ALTER TABLE "people" ALTER COLUMN "email" SET DATA TYPE citext;--> statement-breakpoint
ALTER TABLE "systems" ALTER COLUMN "lifecycle" SET DEFAULT 'experimental';--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "updated_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "systems" ADD COLUMN "tier" smallint DEFAULT 3 NOT NULL;--> statement-breakpoint
ALTER TABLE "systems" ADD COLUMN "document" "tsvector" GENERATED ALWAYS AS (to_tsvector('english', "systems"."name" || ' ' || coalesce("systems"."description", ''))) STORED;--> statement-breakpoint
ALTER TABLE "systems" ADD COLUMN "updated_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "team_members" ADD CONSTRAINT "team_members_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "system_tags" ADD CONSTRAINT "system_tags_system_id_systems_id_fk" FOREIGN KEY ("system_id") REFERENCES "public"."systems"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "system_tags" ADD CONSTRAINT "system_tags_tag_id_tags_id_fk" FOREIGN KEY ("tag_id") REFERENCES "public"."tags"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "team_members_person_id_idx" ON "team_members" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "system_tags_tag_id_idx" ON "system_tags" USING btree ("tag_id");--> statement-breakpoint
CREATE INDEX "systems_name_trgm_idx" ON "systems" USING gin ("name" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "systems_document_idx" ON "systems" USING gin ("document");--> statement-breakpoint
ALTER TABLE "systems" ADD CONSTRAINT "systems_id_slug" CHECK ("systems"."id" ~ '^[a-z0-9]+(-[a-z0-9]+)*$');--> statement-breakpoint
ALTER TABLE "systems" ADD CONSTRAINT "systems_name_not_blank" CHECK (btrim("systems"."name") <> '');--> statement-breakpoint
ALTER TABLE "systems" ADD CONSTRAINT "systems_tier_range" CHECK ("systems"."tier" between 1 and 4);