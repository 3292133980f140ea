CREATE EXTENSION IF NOT EXISTS btree_gist;
--> statement-breakpoint
-- nobody carries two pagers at once, and no rotation has two primaries
ALTER TABLE "shifts" ADD CONSTRAINT "shifts_one_at_a_time"
	EXCLUDE USING gist ("engineer_id" WITH =, tstzrange("starts_at", "ends_at") WITH &&);
--> statement-breakpoint
ALTER TABLE "shifts" ADD CONSTRAINT "shifts_one_per_level"
	EXCLUDE USING gist ("rotation_id" WITH =, "level" WITH =, tstzrange("starts_at", "ends_at") WITH &&);
--> statement-breakpoint
INSERT INTO "rotations" ("name") VALUES ('default');
