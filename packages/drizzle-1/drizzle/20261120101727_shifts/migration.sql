CREATE TABLE "rotations" (
	"id" serial PRIMARY KEY,
	"name" text NOT NULL UNIQUE,
	"fallback_id" integer
);
--> statement-breakpoint
CREATE TABLE "shifts" (
	"id" serial PRIMARY KEY,
	"rotation_id" integer NOT NULL,
	"engineer_id" integer NOT NULL,
	"level" "level" DEFAULT 'primary'::"level" NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	CONSTRAINT "shifts_end_after_start" CHECK ("ends_at" > "starts_at")
);
--> statement-breakpoint
CREATE INDEX "shifts_by_time" ON "shifts" ("rotation_id","starts_at" DESC NULLS LAST);--> statement-breakpoint
ALTER TABLE "rotations" ADD CONSTRAINT "rotations_fallback_id_engineers_id_fkey" FOREIGN KEY ("fallback_id") REFERENCES "engineers"("id") ON DELETE SET NULL;--> statement-breakpoint
ALTER TABLE "shifts" ADD CONSTRAINT "shifts_engineer_id_engineers_id_fkey" FOREIGN KEY ("engineer_id") REFERENCES "engineers"("id");--> statement-breakpoint
ALTER TABLE "shifts" ADD CONSTRAINT "shifts_rotation_id_rotations_id_fkey" FOREIGN KEY ("rotation_id") REFERENCES "rotations"("id") ON DELETE CASCADE;