/**
 * Not more than half of a server's connections are control sessions, however many processes there are: they are held for
 * as long as a process has units, and with nothing but them nobody would get any further.
 */
import { FOR_EVERYBODY } from "../postgres/keep-room.ts";

/** What control sessions are called, to be counted by. */
export const CONTROL_NAME = "with-test-db control";

/** Whether the session that asks is one too many: whoever came first stays. */
export const IS_CROWDED: string = `(
  select count(*) >= greatest(1, ${FOR_EVERYBODY} / 2) from pg_stat_activity
   where application_name = '${CONTROL_NAME}' and (backend_start, pid) < (
     select mine.backend_start, mine.pid from pg_stat_get_activity(pg_backend_pid()) mine))`;
