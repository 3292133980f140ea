import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Phases, publish, type UnitEvent } from "../src/events.ts";
import { now } from "../src/timers.ts";

vi.mock("../src/timers.ts", () => ({ now: vi.fn() }));

afterEach(() => vi.restoreAllMocks());

describe("Phases", () => {
  it("gives each phase the time since the one before, and adds up those of one name", () => {
    const times = [100, 103, 110, 111];
    vi.mocked(now).mockImplementation(() => times.shift() ?? Number.NaN);
    const phases = new Phases();
    phases.end("connect");
    phases.end("claim");
    phases.end("connect");
    expect(phases.taken).toEqual({ connect: 4, claim: 7 });
  });
});

describe("publish", () => {
  const event: UnitEvent = { type: "created", name: "it_a", isolation: "schema", phases: { claim: 1 } };

  it("reaches whoever listens on the channel, while they listen", () => {
    const heard: unknown[] = [];
    const listener = (message: unknown): void => void heard.push(message);
    publish(event);
    subscribe("with-test-db", listener);
    publish(event);
    unsubscribe("with-test-db", listener);
    publish(event);
    expect(heard).toEqual([event]);
  });
});
