-- a changed enum is dropped and made anew as "public"."line_kind", and columns are cast to that
ALTER TABLE "invoice_lines" ALTER COLUMN "kind" SET DATA TYPE text;--> statement-breakpoint
ALTER TABLE "invoice_lines" ALTER COLUMN "kind" SET DEFAULT 'goods'::text;--> statement-breakpoint
DROP TYPE "public"."line_kind";--> statement-breakpoint
CREATE TYPE "public"."line_kind" AS ENUM('goods', 'work', 'public');--> statement-breakpoint
ALTER TABLE "invoice_lines" ALTER COLUMN "kind" SET DEFAULT 'goods'::"public"."line_kind";--> statement-breakpoint
ALTER TABLE "invoice_lines" ALTER COLUMN "kind" SET DATA TYPE "public"."line_kind" USING "kind"::"public"."line_kind";