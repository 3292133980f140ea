const { pgTable, serial, text } = require("drizzle-orm/pg-core");

exports.notebooks = pgTable("notebooks", { id: serial().primaryKey(), name: text().notNull().unique() });
