/**
 * Takes a unit, for which a home is built, and gives it back; kills itself at the given message that it sends. It says what it
 * has done.
 *
 * Arguments: the server's URL, a migrations folder, an isolation, and the number of the message; 0 for never.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { withTestDb } from "with-test-db";
import { killAtWrite } from "./crash-at-write.mjs";

const [url, migrationsFolder, isolation, last] = process.argv.slice(2);
killAtWrite(Number(last));
const testDb = await withTestDb({ schema: {}, migrationsFolder, url, isolation });
process.stdout.write("leased\n");
await testDb.client`insert into t default values`;
await testDb.dispose();
process.stdout.write("given back\n");
// what goes on in the background is part of it
await sleep(500);
process.stdout.write("done\n");
