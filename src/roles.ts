/** The roles and functions that Supabase and Neon have before the first migration runs: values for the option `prepare`. */
export { neon } from "./roles/neon.ts";
export type { PlatformStep, SqlClient } from "./roles/platform-step.ts";
export { supabase, supabaseGrants, supabaseUsers } from "./roles/supabase.ts";
