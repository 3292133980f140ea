import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Session } from "../../src/connections/session.ts";
import type { Control } from "../../src/control/control.ts";
import type { Target } from "../../src/target/target.ts";
import { giveUpUnit } from "../../src/unit/give-up.ts";
import { schemaUnit } from "../../src/unit/unit.ts";

/** A session on a server that has nothing any more. */
const empty = { rows: async () => [] } as unknown as Session;
const controlAfter = (ms: number): Control => ({ session: () => sleep(ms).then(() => empty) }) as unknown as Control;
const target = {
  ...{ host: "127.0.0.1", port: 5432, user: "me", password: undefined, database: "mine" },
  ...{ tls: "disable", tlsRootCert: undefined, origin: "option url" },
} as Target;
const unit = schemaUnit("it_unit", target);

it("a unit that is not there is missed where a session was to be had", async () => {
  await expect(giveUpUnit(controlAfter(0), unit, undefined)).rejects.toMatchObject({ code: "UNIT_GONE" });
});

it("is not missed where the session had to be waited for: a sweep may have taken what nobody was connected to", async () => {
  await giveUpUnit(controlAfter(700), unit, undefined);
});
