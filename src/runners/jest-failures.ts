/**
 * How jest's environment, which is told of failures, tells the hooks of a file of tests, which are not: by a global of that file's
 * context, with the name of the test that runs, once the test has failed.
 */
export const FAILED_TEST: unique symbol = Symbol.for("with-test-db: the test that failed") as never;
