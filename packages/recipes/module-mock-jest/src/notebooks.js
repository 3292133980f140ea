const { db } = require("./db.js");
const { notebooks } = require("./schema.js");

exports.addNotebooks = (...names) =>
  db.transaction(async (tx) => {
    for (const name of names) await tx.insert(notebooks).values({ name });
  });

exports.notebookNames = async () => {
  const rows = await db.select().from(notebooks).orderBy(notebooks.id);
  return rows.map(({ name }) => name);
};
