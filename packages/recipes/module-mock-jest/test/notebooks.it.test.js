const { describeIntegration } = require("with-test-db/jest");
const { addNotebooks, notebookNames } = require("../src/notebooks.js");

describeIntegration("notebooks", () => {
  it("are listed in the order in which they were added", async () => {
    await addNotebooks("work", "home");
    expect(await notebookNames()).toEqual(["inbox", "work", "home"]);
  });

  it("are added all or none", async () => {
    await expect(addNotebooks("work", "inbox")).rejects.toThrow();
    expect(await notebookNames()).toEqual(["inbox"]);
  });
});
