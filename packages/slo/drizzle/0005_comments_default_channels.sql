INSERT INTO channels (kind, address, is_default) VALUES
  ('email', 'on-call@example.com', true),
  ('chat', '#reliability', true);--> statement-breakpoint

-- REFRESH ... CONCURRENTLY needs it.
CREATE UNIQUE INDEX monthly_downtime_key ON monthly_downtime (objective_id, month);--> statement-breakpoint

ALTER SEQUENCE incident_number OWNED BY incidents.number;--> statement-breakpoint

-- Seconds that a set of ranges covers, each counted once however many ranges cover it.
CREATE FUNCTION covered_seconds(periods tstzmultirange) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  SELECT coalesce(sum(extract(epoch FROM upper(part) - lower(part))), 0)::double precision
  FROM unnest(periods) AS part
);--> statement-breakpoint

COMMENT ON TABLE downtime_events IS 'Called "outages" until migration 0002; its identity sequence still is';--> statement-breakpoint
COMMENT ON COLUMN downtime_events.ended_at IS 'Null while the event is open';--> statement-breakpoint
COMMENT ON COLUMN downtime_events.period IS 'Half open: [started_at, ended_at)';--> statement-breakpoint
COMMENT ON CONSTRAINT maintenance_windows_no_overlap ON maintenance_windows IS 'One announcement at a time';--> statement-breakpoint
COMMENT ON VIEW standing_attributions IS 'Without those that were taken back';--> statement-breakpoint
COMMENT ON FUNCTION covered_seconds(tstzmultirange) IS 'Overlaps count once';--> statement-breakpoint
COMMENT ON SEQUENCE incident_number IS 'Starts where nobody takes it for an index';
