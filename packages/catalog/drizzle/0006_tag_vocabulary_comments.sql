-- The words every catalog starts with.
INSERT INTO tags (name) VALUES ('customer-facing'), ('internal'), ('PCI');--> statement-breakpoint

-- REFRESH ... CONCURRENTLY needs it.
CREATE UNIQUE INDEX tag_usage_tag_id_key ON tag_usage (tag_id);--> statement-breakpoint
REFRESH MATERIALIZED VIEW tag_usage;--> statement-breakpoint

ALTER SEQUENCE runbook_number OWNED BY runbooks.number;--> statement-breakpoint

-- Everything that stops working, directly or not, when the given system does. Cycles are allowed and end the walk.
CREATE FUNCTION dependents_of(root text) RETURNS TABLE (system_id text, depth integer)
LANGUAGE sql STABLE AS $$
  WITH RECURSIVE reached (system_id, depth, path) AS (
    SELECT d.system_id, 1, ARRAY[root, d.system_id]
    FROM dependencies d
    WHERE d.depends_on_id = root AND d.kind = 'runtime' AND d.is_critical
    UNION ALL
    SELECT d.system_id, r.depth + 1, r.path || d.system_id
    FROM reached r
    JOIN dependencies d ON d.depends_on_id = r.system_id AND d.kind = 'runtime' AND d.is_critical
    WHERE d.system_id <> ALL (r.path)
  )
  SELECT reached.system_id, min(reached.depth)
  FROM reached
  GROUP BY reached.system_id;
$$;--> statement-breakpoint

COMMENT ON TABLE systems IS 'What we run; "name" is unique without regard to case';--> statement-breakpoint
COMMENT ON COLUMN contacts.value IS 'An address, a channel or a number: see kind';--> statement-breakpoint
COMMENT ON INDEX contacts_one_primary_per_kind IS 'At most one primary contact of a kind';--> statement-breakpoint
COMMENT ON TYPE lifecycle IS 'In the order of a system''s life';--> statement-breakpoint
COMMENT ON MATERIALIZED VIEW tag_usage IS 'Stale between refreshes; on purpose';--> statement-breakpoint
COMMENT ON FUNCTION dependents_of(text) IS 'Critical runtime dependencies only';
