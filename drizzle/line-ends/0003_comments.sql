-- nothing but comments: DROP TABLE "bare";
/* nor here: "public"."bare"; */
--> statement-breakpoint
-- and here nothing
