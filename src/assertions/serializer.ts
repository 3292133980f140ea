/** stable() for every snapshot of a file. */
import { isPlain, type StableOptions, stable } from "./stable.ts";

/** What `expect.addSnapshotSerializer()` takes in vitest, jest and bun. */
export interface Serializer {
  test(value: unknown): boolean;
  serialize(
    value: unknown,
    config: unknown,
    indentation: string,
    depth: number,
    refs: unknown,
    printer: Printer,
  ): string;
}

/** The runner's own types of `config` and `refs` go through as they come. */
type Printer = (value: unknown, config: never, indentation: string, depth: number, refs: never) => string;

/**
 * A serializer that shows every snapshot as {@link stable} makes it.
 *
 * @example
 * ```ts
 * expect.addSnapshotSerializer(serializer());
 * expect(await changes(testDb.db, () => order("book"))).toMatchSnapshot();
 * ```
 */
export function serializer(options: StableOptions = {}): Serializer {
  /** What was named already: all of a value, when the value that holds it was. */
  const done = new WeakSet<object>();
  const remember = (value: unknown): void => {
    if (typeof value !== "object" || value === null || done.has(value)) return;
    done.add(value);
    for (const each of Object.values(value)) remember(each);
  };
  return {
    // a text or a moment that is called again with its name would be so for ever
    test: (value) => (isPlain(value) ? !done.has(value) : stable(value, options) !== value),
    serialize(value, config, indentation, depth, refs, printer) {
      const named = stable(value, options);
      remember(named);
      return printer(named, config as never, indentation, depth, refs as never);
    },
  };
}
