jest.mock("../src/db.js", () => ({ db: globalThis.testDb.db }));
