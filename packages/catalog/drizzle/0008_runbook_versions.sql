ALTER TABLE "runbooks" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX "dependencies_interface_id_idx" ON "dependencies" USING btree ("interface_id");--> statement-breakpoint
CREATE INDEX "runbooks_system_id_number_idx" ON "runbooks" USING btree ("system_id","number");