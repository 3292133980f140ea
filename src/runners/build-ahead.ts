/** Building a home where nobody waits for it, and saying so. */
import { FLAG, readFlag } from "../guard/flag.ts";
import { notice } from "../notice.ts";
import { now } from "../timers.ts";

/** @param take - takes a unit and gives it back: there is a home then */
export async function buildAhead(
  { flag = FLAG, migrationsFolder }: { readonly flag?: string; readonly migrationsFolder: string },
  take: () => Promise<unknown>,
): Promise<void> {
  if (!readFlag(flag)) {
    if (process.env["CI"]) notice(`${flag} is not set: integration suites are skipped`);
    return;
  }
  const began = now();
  await take();
  notice(`the home of ${migrationsFolder} is there, after ${((now() - began) / 1000).toFixed(1)} s`);
}
