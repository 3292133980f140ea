import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import {
  publishedFile,
  publishState,
  readState,
  type ServerState,
  stateFile,
  withdrawState,
  writeState,
} from "../../src/server/server-state.ts";
import { temporaryFolder } from "../support/migrations.ts";

let home: string;
beforeEach(() => {
  home = temporaryFolder();
});

/** Writes down the state of a server in a run directory of that name. */
function written(run: string): ServerState {
  mkdirSync(join(home, run));
  const state = { run, port: 5432, password: "secret", dataDirectory: join(home, run, "data"), native: "/native" };
  writeState(join(home, run), state);
  return state;
}

describe("the state of a server", () => {
  it("is read as it was written, by this user only", () => {
    const state = written("run-1");
    expect(readState(stateFile(join(home, "run-1")))).toEqual(state);
    expect(statSync(stateFile(join(home, "run-1"))).mode & 0o777).toBe(0o600);
    expect(readState(stateFile(join(home, "run-2")))).toBeUndefined();
  });

  it("is published for one server at a time", () => {
    const first = written("run-1");
    const second = written("run-2");
    expect(publishState(home, "run-1")).toBe(true);
    expect(publishState(home, "run-2")).toBe(false);
    expect(readState(publishedFile(home))).toEqual(first);
    withdrawState(home, "run-2");
    expect(readState(publishedFile(home))).toEqual(first);
    withdrawState(home, "run-1");
    expect(publishState(home, "run-2")).toBe(true);
    expect(readState(publishedFile(home))).toEqual(second);
  });
});
