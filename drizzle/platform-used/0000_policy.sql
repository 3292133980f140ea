-- nothing is made outside of public, but a policy and a default there call a platform's function
CREATE TABLE "notes" ("id" serial PRIMARY KEY, "owner" uuid DEFAULT "auth"."uid"(), "text" text);--> statement-breakpoint
ALTER TABLE "notes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own" ON "notes" USING ("owner" = "auth"."uid"());
