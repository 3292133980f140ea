/** The matchers' types, where expect is imported from bun:test. */
import { expect } from "bun:test";
import "with-test-db/assertions/bun";

export async function suite(query: Promise<unknown>): Promise<void> {
  const matched: Promise<void> = expect(query).toViolateUnique("cats_name_unique");
  await matched;
  await expect(query).not.toViolateNotNull();
  await expect(query).rejects.toBeDatabaseError("42P01");
  await expect(() => query).toDeadlock();
  // @ts-expect-error a name is text
  await expect(query).toViolateUnique(23_505);
  // @ts-expect-error a deadlock has no name
  await expect(query).toDeadlock("cats");
  // @ts-expect-error no such matcher
  await expect(query).toViolateUniqueness();
}
