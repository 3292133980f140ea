import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { serverUser } from "../../src/server/server-user.ts";
import { temporaryFolder } from "../support/migrations.ts";

const root = process.getuid?.() === 0;

describe("serverUser", () => {
  const passwd = (text: string): string => {
    const file = join(temporaryFolder(), "passwd");
    writeFileSync(file, text);
    return file;
  };
  it.runIf(root)("is nobody for root, whatever its number", () => {
    expect(serverUser(passwd("root:x:0:0::/:/bin/sh\nnobody:x:99:98::/:/bin/false\n"))).toEqual({ uid: 99, gid: 98 });
    expect(() => serverUser(passwd("root:x:0:0::/:/bin/sh\n"))).toThrow(/has no user "nobody"/);
  });
  it.runIf(!root)("is ourselves for everybody else", () => {
    expect(serverUser()).toBeNull();
  });
});
