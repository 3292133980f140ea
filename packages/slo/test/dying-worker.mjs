// A worker in a process of its own, that takes a notification, says so, and never delivers it.
// `node dying-worker.mjs <url> <prefix> <milliseconds>`
import { Worker } from "bullmq";

const [, , url, prefix, deadAfter] = process.argv;
const connection = { url, maxRetriesPerRequest: null };
const take = async ({ data }) => {
  process.stdout.write(`${data.eventId}\n`);
  await new Promise(() => {});
};
new Worker("notifications", take, {
  ...{ connection, ...(prefix && { prefix }) },
  lockDuration: Number(deadAfter),
  // workers of one queue look for dead ones once in this time, all together
  stalledInterval: Number(deadAfter),
});
