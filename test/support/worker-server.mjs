/** A setup file: the second worker has a server of its own, which second-server.ts has started. */
const { SECOND_SERVER_URL, VITEST_POOL_ID } = process.env;
if (SECOND_SERVER_URL && VITEST_POOL_ID === "2") process.env.TEST_DB_URL = SECOND_SERVER_URL;
