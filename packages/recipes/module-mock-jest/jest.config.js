module.exports = {
  testEnvironment: "with-test-db/jest/environment",
  testEnvironmentOptions: { testDb: { migrationsFolder: "drizzle", between: "rollback" } },
  setupFilesAfterEnv: ["./test/database.js"],
};
