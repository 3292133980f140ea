import { type ConnectionOptions, Queue, Worker } from "bullmq";

/** Something that somebody has to hear of, once. */
export interface Notification {
  /** Of the downtime event: two reports of one event are one notification. */
  eventId: number;
  text: string;
}

export interface QueueSettings {
  url: string;
  /** What all keys begin with, where the Redis is shared. */
  prefix?: string;
}

export interface WorkerSettings extends QueueSettings {
  /** Milliseconds after which a worker that says nothing is taken for dead, and its notifications are given to another one. */
  deadAfter?: number;
}

const NAME = "notifications";

/** Notifications on their way to whoever is on call: they outlive the process that hands them in, and the one that delivers them. */
export class NotificationQueue {
  readonly #queue: Queue<Notification>;

  constructor(settings: QueueSettings) {
    this.#queue = new Queue(NAME, redisOf(settings));
  }

  /** The same event again changes nothing while it is on its way, and an hour after. */
  async publish(notification: Notification): Promise<void> {
    await this.#queue.add("notify", notification, {
      jobId: `event-${notification.eventId}`,
      removeOnComplete: { age: 3600 },
    });
  }

  /** How many are on their way, and how many were delivered within the last hour. */
  async count(): Promise<{ open: number; delivered: number }> {
    const { completed = 0, ...open } = await this.#queue.getJobCounts("waiting", "active", "delayed", "completed");
    return { open: Object.values(open).reduce((sum, count) => sum + count, 0), delivered: completed };
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}

/** Delivers notifications one by one, until it is closed. */
export function notificationWorker(
  settings: WorkerSettings,
  deliver: (notification: Notification) => Promise<void>,
): Worker<Notification> {
  const { deadAfter = 30_000 } = settings;
  return new Worker<Notification>(NAME, ({ data }) => deliver(data), {
    ...redisOf(settings),
    lockDuration: deadAfter,
    stalledInterval: deadAfter,
  });
}

const redisOf = ({ url, prefix }: QueueSettings): { connection: ConnectionOptions; prefix?: string } => ({
  // a worker waits for jobs, and for the server, as long as it takes
  connection: { url, maxRetriesPerRequest: null },
  ...(prefix && { prefix }),
});
