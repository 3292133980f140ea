/** A suite for either line of Drizzle and both drivers, given the modules as it was run: as ES modules, or as CommonJS. */
module.exports = async function suite({ orm, pgCore, postgresJs, nodePostgres }) {
  const things = pgCore.pgTable("things", {
    id: pgCore.serial("id").primaryKey(),
    name: pgCore.text("name").notNull(),
  });
  const options = orm.defineRelations
    ? { relations: orm.defineRelations({ things }), migrationsFolder: "folders" }
    : { schema: { things }, migrationsFolder: "journal" };
  const found = [];
  for (const { withTestDb, isIntegrationEnabled } of [postgresJs, nodePostgres]) {
    await withTestDb(options, async (unit) => {
      const names = async (db) => (await db.query.things.findMany()).map(({ name }) => name).join();
      await unit.db.insert(things).values({ name: "kept" });
      await unit.rollback(async (db) => {
        await db.insert(things).values({ name: "undone" });
        found.push(await names(db));
      });
      found.push(await names(unit.db));
      await unit.reset();
      found.push(isIntegrationEnabled(), await names(unit.db), unit.isolation);
    });
  }
  // the process has to end by itself
  process.stdout.write(`${JSON.stringify(found)}\n`);
};
