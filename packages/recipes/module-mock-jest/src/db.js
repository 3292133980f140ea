const { drizzle } = require("drizzle-orm/postgres-js");

exports.db = drizzle(process.env.DATABASE_URL);
