/** The public interface: a change of it shows as a change of a file in public-api/, and nowhere else is it made by accident. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ENTRIES, root } from "./entries.ts";
import { PublicApi } from "./public-api.ts";

const FOLDER = join(root, "test/package/public-api");
const fileOf = (specifier: string): string => `${specifier.replaceAll("/", "-")}.txt`;

describe.skipIf(!existsSync(join(root, "dist/index.d.mts")))("the public interface", () => {
  let api: PublicApi;
  beforeAll(() => {
    api = new PublicApi(ENTRIES.flatMap(({ files }) => files.flatMap(({ code, types }) => [code, types])));
  }, 60_000);

  it.each(ENTRIES)("of $specifier is what was agreed on", async ({ specifier, files }) => {
    const [text, ...others] = files.map(({ types }) => api.text(types));
    await expect(text).toMatchFileSnapshot(join(FOLDER, fileOf(specifier)));
    for (const other of others) expect(other).toBe(text);
  });

  it.each(ENTRIES)("of $specifier has the values that its types tell of", ({ files }) => {
    for (const { code, types } of files) expect(api.values(code)).toEqual(api.values(types));
  });

  it("is written down for the entries that there are", () => {
    expect(readdirSync(FOLDER).sort()).toEqual(ENTRIES.map(({ specifier }) => fileOf(specifier)).sort());
  });
});
