// A process that has leases: it says which, writes to one, and waits to be killed. `node holder.mjs <url> <leases>`
import { Redis } from "ioredis";
import { withTestRedis } from "../../dist/seams.mjs";

const [, , url, count] = process.argv;
const leases = await Promise.all(Array.from({ length: Number(count) }, () => withTestRedis({ url })));
for (const { url: own, prefix } of leases) {
  const client = new Redis(own);
  await client.set(`${prefix}left`, "1");
  await client.quit();
}
process.stdout.write(`${JSON.stringify(leases.map(({ database, prefix }) => ({ database, prefix })))}\n`);
setInterval(() => {}, 1000);
