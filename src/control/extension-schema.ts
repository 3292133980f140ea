/** The names of ours in a target database, beside those of units and blueprints, which begin with `it_`. */

/** Where extensions live that migrations ask for: shared by all units, dropped with none. */
export const EXTENSION_SCHEMA = "with_test_db_extensions";
