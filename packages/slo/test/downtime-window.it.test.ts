import { beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { useTestDb } from "with-test-db/vitest";
import { DowntimeService } from "../src/downtime-service.ts";
import * as schema from "../src/schema/index.ts";
import { migrationsFolder } from "./database.ts";
import { make } from "./factories.ts";

// the objectives of beforeAll() stay, and the events of a test are rolled back
const testDb = await useTestDb({ schema, migrationsFolder, between: "rollback" });

describe.skipIf(!isIntegrationEnabled())("DowntimeService: getDowntimeForWindow (real Postgres)", () => {
  const { db } = testDb;
  const service = new DowntimeService(db);

  let checkout: string;
  let search: string;

  /** Minutes past noon. The window of most tests is 0 to 60. */
  const at = (minute: number) => new Date(Date.UTC(2025, 2, 30, 12, minute));
  const hour = { from: at(0), to: at(60), now: at(600) };

  beforeAll(async () => {
    checkout = (await make.objectives.create(db)).id;
    search = (await make.objectives.create(db)).id;
  });

  async function event(from: number, to: number | null, objectiveId: string = checkout): Promise<number> {
    const endedAt = to === null ? null : at(to);
    return (await make.events.create(db, { objectiveId, startedAt: at(from), endedAt })).id;
  }

  describe("the overlap of closed events", () => {
    it.each([
      ["lies inside", 10, 25, 10, 25],
      ["is the window", 0, 60, 0, 60],
      ["begins before", -30, 15, 0, 15],
      ["ends after", 45, 90, 45, 60],
      ["begins before and ends after", -30, 90, 0, 60],
      ["begins with the window", 0, 5, 0, 5],
      ["ends with the window", 55, 60, 55, 60],
      ["begins before and ends with the window", -5, 60, 0, 60],
      ["begins with the window and ends after", 0, 61, 0, 60],
    ])("an event that %s is cut to it", async (_, from, to, cutFrom, cutTo) => {
      const id = await event(from, to);
      expect(await service.getDowntimeForWindow(checkout, { ...hour, includeOpen: true })).toEqual({
        seconds: (cutTo - cutFrom) * 60,
        events: [{ id, from: at(cutFrom), to: at(cutTo), isOpen: false }],
      });
    });

    it.each([
      ["ends before", -30, -1],
      ["ends when the window begins", -30, 0],
      ["begins when the window ends", 60, 90],
      ["begins after", 61, 90],
      ["has no duration, inside", 30, 30],
      ["has no duration, at the beginning", 0, 0],
      ["has no duration, at the end", 60, 60],
    ])("an event that %s has no part in it", async (_, from, to) => {
      await event(from, to);
      expect(await service.getDowntimeForWindow(checkout, { ...hour, includeOpen: true })).toEqual({
        seconds: 0,
        events: [],
      });
    });

    it("counts a millisecond on either side", async () => {
      const window = { ...hour, includeOpen: true };
      const { create } = make.events.extend({ objectiveId: checkout });
      await create(db, { startedAt: at(-1), endedAt: new Date(at(0).getTime() + 1) });
      await create(db, { startedAt: new Date(at(60).getTime() - 1), endedAt: at(61) });
      expect((await service.getDowntimeForWindow(checkout, window)).seconds).toBeCloseTo(0.002, 6);
    });

    it("gives to windows that touch all of an event between them, and no more", async () => {
      await event(10, 50);
      const windows = [0, 20, 40].map((from) => ({
        from: at(from),
        to: at(from + 20),
        now: at(600),
        includeOpen: true,
      }));
      const parts = [];
      for (const window of windows) parts.push((await service.getDowntimeForWindow(checkout, window)).seconds / 60);
      expect(parts).toEqual([10, 20, 10]);
    });

    it("takes instants for instants where clocks change", async () => {
      // 2025-03-30 had 23 hours in Berlin: 00:00+01:00 to 24:00+02:00
      const day = { from: new Date("2025-03-30T00:00+01:00"), to: new Date("2025-03-31T00:00+02:00") };
      await make.events.create(db, {
        objectiveId: checkout,
        startedAt: new Date("2025-03-29T00:00+01:00"),
        endedAt: new Date("2025-04-01T00:00+02:00"),
      });
      const { seconds } = await service.getDowntimeForWindow(checkout, { ...day, includeOpen: false });
      expect(seconds).toBe(23 * 3600);
    });
  });

  describe("several events", () => {
    it("adds up those apart, in the order they began", async () => {
      const late = await event(40, 50);
      const early = await event(5, 10);
      const { seconds, events } = await service.getDowntimeForWindow(checkout, { ...hour, includeOpen: true });
      expect(seconds).toBe(15 * 60);
      expect(events.map(({ id }) => id)).toEqual([early, late]);
    });

    it("has those that began together in the order in which they were opened", async () => {
      const opened = [await event(5, 10), await event(5, 20), await event(5, 8)];
      const { events } = await service.getDowntimeForWindow(checkout, { ...hour, includeOpen: true });
      expect(events.map(({ id }) => id)).toEqual(opened);
    });

    it.each([
      [
        "overlap",
        [
          [10, 30],
          [20, 40],
        ],
        30,
      ],
      [
        "contain one another",
        [
          [10, 40],
          [20, 30],
        ],
        30,
      ],
      [
        "are the same",
        [
          [10, 20],
          [10, 20],
          [10, 20],
        ],
        10,
      ],
      [
        "touch",
        [
          [10, 20],
          [20, 30],
        ],
        20,
      ],
      [
        "overlap in a chain, and one stands apart",
        [
          [-10, 10],
          [5, 20],
          [15, 25],
          [50, 90],
        ],
        35,
      ],
    ] as const)("counts time once where events %s", async (_, periods, minutes) => {
      for (const [from, to] of periods) await event(from, to);
      const { seconds, events } = await service.getDowntimeForWindow(checkout, { ...hour, includeOpen: true });
      expect(seconds).toBe(minutes * 60);
      expect(events).toHaveLength(periods.length);
    });
  });

  describe("open events", () => {
    it.each([
      ["until now when now is inside", 20, 45, 20, 45],
      ["until the end when now is later", 20, 90, 20, 60],
      ["until the end when now is the end", 20, 60, 20, 60],
      ["from the beginning when it began before", -20, 45, 0, 45],
      ["all through when it began before and now is later", -20, 90, 0, 60],
    ])("last %s", async (_, from, now, cutFrom, cutTo) => {
      const id = await event(from, null);
      const window = { from: at(0), to: at(60), now: at(now), includeOpen: true };
      expect(await service.getDowntimeForWindow(checkout, window)).toEqual({
        seconds: (cutTo - cutFrom) * 60,
        events: [{ id, from: at(cutFrom), to: at(cutTo), isOpen: true }],
      });
    });

    it.each([
      ["it begins when the window ends", 60, 90],
      ["it begins after the window", 70, 90],
      ["it begins later than now", 30, 20],
      ["it begins now", 30, 30],
      ["now is when the window begins", -20, 0],
      ["now is before the window", -20, -10],
    ])("have no part in it when %s", async (_, from, now) => {
      await event(from, null);
      const window = { from: at(0), to: at(60), now: at(now), includeOpen: true };
      expect(await service.getDowntimeForWindow(checkout, window)).toEqual({ seconds: 0, events: [] });
    });

    it("are left out by includeOpen: false, and closed ones are not", async () => {
      await event(-10, null);
      await event(20, null);
      const closed = await event(30, 40);
      const without = await service.getDowntimeForWindow(checkout, { ...hour, includeOpen: false });
      expect(without).toEqual({ seconds: 600, events: [{ id: closed, from: at(30), to: at(40), isOpen: false }] });
      const all = await service.getDowntimeForWindow(checkout, { ...hour, includeOpen: true });
      expect(all.seconds).toBe(3600);
      expect(all.events).toHaveLength(3);
    });

    it("are told from closed ones by their end, not by now: an end to come is an end", async () => {
      const id = await event(10, 50);
      const window = { from: at(0), to: at(60), now: at(20), includeOpen: false };
      expect((await service.getDowntimeForWindow(checkout, window)).events).toEqual([
        { id, from: at(10), to: at(50), isOpen: false },
      ]);
    });

    it("last until the present when no now is given", async () => {
      const startedAt = new Date(Date.now() - 60_000);
      await make.events.create(db, { objectiveId: checkout, startedAt });
      const window = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
      const { seconds } = await service.getDowntimeForWindow(checkout, { ...window, includeOpen: true });
      expect(seconds).toBeGreaterThanOrEqual(60);
      expect(seconds).toBeLessThan(120);
    });
  });

  describe("the objective", () => {
    it("has its own events only, closed and open", async () => {
      const own = await event(10, 20);
      await event(10, 30, search);
      await event(-10, null, search);
      expect(await service.getDowntimeForWindow(checkout, { ...hour, includeOpen: true })).toEqual({
        seconds: 600,
        events: [{ id: own, from: at(10), to: at(20), isOpen: false }],
      });
      expect((await service.getDowntimeForWindow(search, { ...hour, includeOpen: true })).seconds).toBe(3600);
    });

    it("may have had no event, or not exist", async () => {
      await event(10, 20, search);
      const nothing = { seconds: 0, events: [] };
      const nobody = "00000000-0000-4000-8000-00000000dead";
      expect(await service.getDowntimeForWindow(checkout, { ...hour, includeOpen: true })).toEqual(nothing);
      expect(await service.getDowntimeForWindow(nobody, { ...hour, includeOpen: true })).toEqual(nothing);
    });
  });

  describe("the window", () => {
    it("may be empty, and then nothing is in it", async () => {
      await event(-10, 70);
      await event(-10, null);
      const window = { from: at(30), to: at(30), now: at(600), includeOpen: true };
      expect(await service.getDowntimeForWindow(checkout, window)).toEqual({ seconds: 0, events: [] });
    });

    it("must not end before it begins", async () => {
      const window = { from: at(60), to: at(0), includeOpen: true };
      await expect(service.getDowntimeForWindow(checkout, window)).rejects.toThrow(
        new RangeError("A window ends before it begins: from 2025-03-30T13:00:00.000Z to 2025-03-30T12:00:00.000Z"),
      );
    });
  });

  it("is one query, which is served by the index of objectives and periods", async () => {
    await make.events.createMany(db, 5, { objectiveId: checkout, startedAt: at(0) });
    const work = () => service.getDowntimeForWindow(checkout, { ...hour, includeOpen: true });
    await expect(work).toRunAtMost(1);
    await expect(work).toBeServedByAnIndex(db);
  });

  it("refuses an event that ends before it begins", async () => {
    // by the range that is computed of both ends, before the check that says the same
    await expect(event(20, 10)).toBeDatabaseError("22000");
  });
});
