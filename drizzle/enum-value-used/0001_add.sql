-- added in a transaction of its own, when this was history
ALTER TYPE "public"."status" ADD VALUE 'waiting' BEFORE 'done';
