-- a breakpoint at the beginning, two in a row, and one at the end
--> statement-breakpoint
--> statement-breakpoint
CREATE TABLE "between" ("id" serial PRIMARY KEY);--> statement-breakpoint
   --> statement-breakpoint
