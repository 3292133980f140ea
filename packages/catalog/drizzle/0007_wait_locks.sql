CREATE TABLE "wait_lock_refs" (
	"wait_lock_id" bigint NOT NULL,
	"ref" text NOT NULL,
	CONSTRAINT "wait_lock_refs_wait_lock_id_ref_pk" PRIMARY KEY("wait_lock_id","ref")
);
--> statement-breakpoint
CREATE TABLE "wait_locks" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "wait_locks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"system_id" text NOT NULL,
	"version" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "wait_lock_refs" ADD CONSTRAINT "wait_lock_refs_wait_lock_id_wait_locks_id_fk" FOREIGN KEY ("wait_lock_id") REFERENCES "public"."wait_locks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "wait_locks" ADD CONSTRAINT "wait_locks_system_id_systems_id_fk" FOREIGN KEY ("system_id") REFERENCES "public"."systems"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "wait_lock_refs_ref_idx" ON "wait_lock_refs" USING btree ("ref");--> statement-breakpoint
CREATE INDEX "wait_locks_system_id_idx" ON "wait_locks" USING btree ("system_id");