-- rows with quotes, backslashes, every plane of unicode, newlines, semicolons, empty strings, NULLs, infinities and NaNs
INSERT INTO "countries" ("code", "name") VALUES ('aa', 'A'), ('bb', 'public.countries');--> statement-breakpoint
INSERT INTO "cities" ("country") VALUES ('aa'), ('bb'), ('aa');--> statement-breakpoint
INSERT INTO "cities" ("id", "country", "twin") OVERRIDING SYSTEM VALUE VALUES (10, 'bb', 1), (7, 'aa', 10);--> statement-breakpoint
UPDATE "cities" SET "twin" = 7 WHERE "id" = 1;--> statement-breakpoint
UPDATE "countries" SET "capital" = 1 WHERE "code" = 'aa';--> statement-breakpoint
INSERT INTO "values" ("text") VALUES ('it''s'), ('"public"."values"'), ('back\slash \\ \n \'), (E'line\nfeed\r\ttab\b\f\v\x01\x7f'), ('; -- no end'), ('/* nor here'), (''), (NULL), ('NULL'),
  ('$$ $body$ $1'), ('ÄÖ ☃ 𝄞 👩‍👩‍👧 é'), (U&'\00A0\200B\FEFF\202E'), ('public'), ('public.'), ('it_aaaaaaaaaaaaaa.x'), ('--> statement-breakpoin'), (E'\\x00'), ('{a,"b"}'), ('%s %I $1 ? :name');--> statement-breakpoint
INSERT INTO "values" ("bytes", "json", "jsonb", "texts", "numbers") VALUES
  ('\x00ff27225c0a', '{"a" : 1, "a": "it''s \u2603 \\ \"public.values\"" }', '{"b": [1.0, null, "\\"], "a": {"": "\u00e9"}}', '{}', '{}'),
  ('', 'null', '"public"', ARRAY['a,b', '"', '\', '', 'NULL', NULL, '{}', ' x '], ARRAY['NaN', 1e-20, -0.00]::numeric[]),
  (decode('00', 'hex'), NULL, NULL, ARRAY[['a', 'b'], ['c', NULL]], '[0:1]={1,2}');--> statement-breakpoint
INSERT INTO "values" ("float", "real", "numeric", "at", "naive", "date", "time", "interval", "range", "ranges") VALUES
  ('NaN', 'Infinity', 'NaN', 'infinity', '-infinity', 'infinity', '00:00:00+14', '-1 year 2 days -03:04:05.678901', '[2026-01-01,)', '{[1,3),[5,)}'),
  ('-Infinity', '-0', 'Infinity', '0044-03-15 12:00:00+00 BC', '2026-12-31 23:59:59.999999', '4713-01-01 BC', '24:00:00-05:30', '0', 'empty', '{}'),
  (0.1 + 0.2, 1.1, 123456789012345678901234567890.123456789, '2026-06-01 12:00:00+05:30', '294276-12-31', '5874897-12-31', '12:00', 'P1Y', '(,)', '{(,)}'),
  (1e-307, 3.4e38, 1.10, '1883-11-18 12:03:58-05', NULL, NULL, NULL, '178000000 years', NULL, NULL);--> statement-breakpoint
INSERT INTO "values" ("level", "levels", "bit", "bits", "uuid", "inet", "mac", "xml", "point", "path", "search", "money", "char", "bool", "big", "name", "jsonpath", "lsn") VALUES
  ('it''s high', '{"it''s high",public,NULL}', B'101', B'', '00000000-0000-0000-0000-000000000000', '::1/64', '08:00:2b:01:02:03:04:05', '<a b="c">''</a>', '(1.5,-2)', '[(0,0),(1,1)]', '''it''''s'':1A public:2', '-12.34', '''', true, -9223372036854775808, 'public', '$."a"[*] ? (@ > 1)', '16/B374D848');--> statement-breakpoint
INSERT INTO "secrets" ("owner") VALUES ('ada'), ('bob');--> statement-breakpoint
DELETE FROM "secrets" WHERE "owner" = 'bob';--> statement-breakpoint
INSERT INTO "nothing" DEFAULT VALUES;--> statement-breakpoint
INSERT INTO "nothing" DEFAULT VALUES;--> statement-breakpoint
INSERT INTO "only_made" DEFAULT VALUES;--> statement-breakpoint
ALTER TABLE "secrets" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY "nobody" ON "secrets" USING (false);--> statement-breakpoint
CREATE TRIGGER "no_more" BEFORE INSERT ON "countries" FOR EACH ROW EXECUTE FUNCTION "no_more"();--> statement-breakpoint
CREATE RULE "nowhere" AS ON INSERT TO "only_made" DO INSTEAD NOTHING;
