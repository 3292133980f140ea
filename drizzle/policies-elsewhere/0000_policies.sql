-- policies and a trigger are put on a platform's tables, and a foreign key leads there: none of it is in public
CREATE TABLE "profiles" ("id" uuid PRIMARY KEY REFERENCES "auth"."users" ("id") ON DELETE CASCADE, "name" text);--> statement-breakpoint
ALTER TABLE "profiles" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "own" ON "profiles" USING ("auth"."uid"() = "id");--> statement-breakpoint
CREATE POLICY "own files" ON "storage"."objects" FOR ALL USING ("owner" = (SELECT "auth"."uid"())) WITH CHECK (EXISTS (SELECT 1 FROM public.profiles p WHERE p.id = owner));--> statement-breakpoint
CREATE FUNCTION "public"."on_sign_up"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN INSERT INTO public.profiles (id, name) VALUES (NEW.id, split_part(NEW.email, '@', 1)); RETURN NEW; END $$;--> statement-breakpoint
CREATE TRIGGER "on_sign_up" AFTER INSERT ON "auth"."users" FOR EACH ROW EXECUTE FUNCTION "public"."on_sign_up"();--> statement-breakpoint
INSERT INTO "auth"."users" ("id", "email") VALUES ('00000000-0000-0000-0000-000000000002', 'bob@example.org');
