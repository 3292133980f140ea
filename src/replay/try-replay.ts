import type { Session } from "../connections/session.ts";
import type { Side } from "../proof/differences-between.ts";
import type { Replay } from "./replay-of.ts";
export async function tryReplay(session: Session, { origin, replay, wanted, firstUnit }: { origin: string; replay: Replay; wanted: Promise<Side>; firstUnit: string }): Promise<string | undefined> {
  await wanted;
  await session.script(`begin; set local check_function_bodies to off; alter schema ${origin} rename to aside; create schema ${origin}; ${replay.sql}; alter schema ${origin} rename to ${firstUnit}; alter schema aside rename to ${origin}; commit`);
  return undefined;
}
