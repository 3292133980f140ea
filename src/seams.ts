/** What only real servers show: races, connections that die, waits for locks, and a Redis of a suite's own. */
export { advisoryLockHolders } from "./seams/advisory-lock-holders.ts";
export type { Askable } from "./seams/ask.ts";
export { type BlockUntilWaitingOptions, blockUntilWaiting, type Waiting } from "./seams/block-until-waiting.ts";
export { backendPid, killConnection } from "./seams/kill-connection.ts";
export { type Race, race } from "./seams/race.ts";
export {
  isRedisAvailable,
  type TestRedis,
  type WithTestRedisOptions,
  withTestRedis,
} from "./seams/redis/with-test-redis.ts";
export type { ConnectableUnit } from "./seams/unit-connection.ts";
