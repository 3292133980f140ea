const suite = require("./suite.cjs");

suite({
  orm: require("drizzle-orm"),
  pgCore: require("drizzle-orm/pg-core"),
  postgresJs: require("with-test-db"),
  nodePostgres: require("with-test-db/pg"),
});
