/**
 * What tells one format of the control schema from another: a digest of the SQL that makes the schema. Written down, so that
 * the SQL is loaded only where a control schema has to be made; `test/control/control-format.test.ts` says the new digest.
 */
export const CONTROL_FORMAT = "d31d32eb4b19be48";
