INSERT INTO severities (id, rank, description) VALUES
  ('critical', 1, 'Nobody can use it'),
  ('major', 2, 'Many can''t use it, or none can use a part; it counts'),
  ('minor', 3, 'A few notice');--> statement-breakpoint

INSERT INTO providers (name, status_url) VALUES
  ('Example DNS', 'https://status.dns.example.com'),
  ('Example Cloud', 'https://status.cloud.example.com'),
  ('Power grid', NULL);--> statement-breakpoint

ALTER TABLE maintenance_windows ADD CONSTRAINT maintenance_windows_no_overlap
  EXCLUDE USING gist (service_id WITH =, period WITH &&);--> statement-breakpoint

CREATE FUNCTION touch_updated_at() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END;
$$;--> statement-breakpoint
CREATE TRIGGER downtime_events_touch_updated_at BEFORE UPDATE ON downtime_events
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();--> statement-breakpoint

CREATE FUNCTION public.keep_objective_revision() RETURNS trigger
LANGUAGE plpgsql AS $function$
BEGIN
  INSERT INTO public.objective_revisions (objective_id, target, period_days)
  VALUES (OLD.id, OLD.target, OLD.period_days);
  RETURN NULL;
END;
$function$;--> statement-breakpoint
CREATE TRIGGER objectives_keep_revision AFTER UPDATE ON public.objectives
  FOR EACH ROW WHEN ((OLD.target, OLD.period_days) IS DISTINCT FROM (NEW.target, NEW.period_days))
  EXECUTE FUNCTION public.keep_objective_revision();--> statement-breakpoint

-- Every objective begins with the two policies that most of them keep.
CREATE FUNCTION add_default_alert_policies() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO alert_policies (objective_id, long_window, short_window, burn_rate) VALUES
    (NEW.id, interval '1 hour', interval '5 minutes', 14.4),
    (NEW.id, interval '3 days', interval '6 hours', 1);
  RETURN NULL;
END;
$$;--> statement-breakpoint
CREATE TRIGGER objectives_add_default_alert_policies AFTER INSERT ON objectives
  FOR EACH ROW EXECUTE FUNCTION add_default_alert_policies();
