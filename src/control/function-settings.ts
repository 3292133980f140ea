/** Every function pins what its meaning depends on, against the settings of whoever calls it. */
export const PINNED: string = `
set search_path to ''
set check_function_bodies to off
set client_min_messages to warning
set row_security to off
set standard_conforming_strings to on
set array_nulls to on
set transform_null_equals to off
set xmloption to content
set "DateStyle" to 'ISO, MDY'
set "IntervalStyle" to 'postgres'
set jit to off
set lock_timeout to '2s'`;

/**
 * For what runs on a user's connection as well: a commit need not wait for the disk, as on ours. What a crash takes back
 * is what it ended anyway.
 */
export const COMMITS_AT_ONCE = "at_once constant text := pg_catalog.set_config('synchronous_commit', 'off', true);";

/**
 * For what does DDL of ours, which is no test's: until the transaction ends, none is noticed. Only a superuser may have a
 * function do that with SET.
 */
export const QUIETLY = "quiet constant text := pg_catalog.set_config('with_test_db.quiet', 'on', true);";
