import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { isRedisAvailable, type TestRedis, withTestRedis } from "with-test-db/seams";
import {
  type Notification,
  NotificationQueue,
  notificationWorker,
  type WorkerSettings,
} from "../src/notification-queue.ts";

describe.skipIf(!(await isRedisAvailable()))("NotificationQueue (real Redis)", () => {
  const soon = { timeout: 15_000, interval: 10 };
  let redis: TestRedis;
  let queue: NotificationQueue;
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    redis = await withTestRedis();
  });

  beforeEach(() => {
    queue = new NotificationQueue(redis);
    open.push(queue);
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    await redis.reset();
  });

  afterAll(() => redis?.dispose());

  /** A worker, and what it was given. */
  const work = (settings: Partial<WorkerSettings> = {}): Notification[] => {
    const delivered: Notification[] = [];
    const { url, prefix } = redis;
    open.push(
      notificationWorker({ url, prefix, ...settings }, async (notification) => {
        delivered.push(notification);
      }),
    );
    return delivered;
  };
  const allDelivered = (delivered: number): Promise<void> =>
    vi.waitFor(async () => expect(await queue.count()).toEqual({ open: 0, delivered }), soon);

  it("delivers one event once, however many workers there are and however often it is reported", async () => {
    const [first, second] = [work(), work()];
    const notification = { eventId: 7, text: "checkout is down" };
    await Promise.all([queue.publish(notification), queue.publish(notification)]);
    await allDelivered(1);
    await queue.publish(notification);
    await queue.publish({ eventId: 8, text: "search is down" });
    await allDelivered(2);
    const delivered = [...first, ...second].sort((a, b) => a.eventId - b.eventId);
    expect(delivered).toEqual([notification, { eventId: 8, text: "search is down" }]);
  });

  it("gives what a worker held that died to another one, once, when its lock expires", async () => {
    const deadAfter = 500;
    const program = fileURLToPath(new URL("dying-worker.mjs", import.meta.url));
    const dying = spawn(process.execPath, [program, redis.url, redis.prefix, String(deadAfter)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await queue.publish({ eventId: 9, text: "checkout is down" });
      const [taken] = await once(dying.stdout, "data");
      expect(String(taken)).toBe("9\n");
      const delivered = work({ deadAfter });
      expect(await queue.count()).toEqual({ open: 1, delivered: 0 });
      dying.kill("SIGKILL");
      await allDelivered(1);
      expect(delivered).toEqual([{ eventId: 9, text: "checkout is down" }]);
    } finally {
      dying.kill("SIGKILL");
    }
  });
});
