CREATE FUNCTION touch_updated_at() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  -- A generated column has no value yet in NEW, so it would always look changed.
  IF to_jsonb(NEW) - 'document' IS DISTINCT FROM to_jsonb(OLD) - 'document' THEN
    NEW.updated_at := clock_timestamp();
  END IF;
  RETURN NEW;
END;
$$;--> statement-breakpoint

CREATE TRIGGER systems_touch_updated_at BEFORE UPDATE ON systems
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();--> statement-breakpoint
CREATE TRIGGER contacts_touch_updated_at BEFORE UPDATE ON contacts
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();--> statement-breakpoint

-- One line per changed row; the argument names the column that identifies it.
CREATE FUNCTION record_change() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  old_row jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
  new_row jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
BEGIN
  INSERT INTO audit_log (table_name, row_id, action, before, after)
  VALUES (TG_TABLE_NAME, coalesce(new_row, old_row) ->> TG_ARGV[0], lower(TG_OP)::audit_action,
          old_row - 'document', new_row - 'document');
  RETURN NULL;
END;
$$;--> statement-breakpoint

CREATE TRIGGER systems_record_change AFTER INSERT OR UPDATE OR DELETE ON systems
  FOR EACH ROW EXECUTE FUNCTION record_change('id');--> statement-breakpoint
CREATE TRIGGER contacts_record_change AFTER INSERT OR UPDATE OR DELETE ON contacts
  FOR EACH ROW EXECUTE FUNCTION record_change('id');--> statement-breakpoint
CREATE TRIGGER links_record_change AFTER INSERT OR UPDATE OR DELETE ON links
  FOR EACH ROW EXECUTE FUNCTION record_change('id');--> statement-breakpoint

INSERT INTO environments (id, title, rank) VALUES
  ('development', 'Development', 10),
  ('staging', 'Staging; the last stop', 20),
  ('production', 'Production', 30);--> statement-breakpoint

INSERT INTO lifecycle_transitions (from_lifecycle, to_lifecycle) VALUES
  ('experimental', 'active'),
  ('experimental', 'retired'),
  ('active', 'deprecated'),
  ('deprecated', 'active'),
  ('deprecated', 'retired');--> statement-breakpoint

CREATE FUNCTION check_lifecycle_transition() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM lifecycle_transitions t
    WHERE t.from_lifecycle = OLD.lifecycle AND t.to_lifecycle = NEW.lifecycle
  ) THEN
    RAISE EXCEPTION 'a system that is % cannot become %', OLD.lifecycle, NEW.lifecycle
      USING ERRCODE = 'check_violation', CONSTRAINT = 'systems_lifecycle_transition';
  END IF;
  RETURN NEW;
END;
$$;--> statement-breakpoint

CREATE TRIGGER systems_check_lifecycle BEFORE UPDATE OF lifecycle ON systems
  FOR EACH ROW WHEN (OLD.lifecycle IS DISTINCT FROM NEW.lifecycle) EXECUTE FUNCTION check_lifecycle_transition();
