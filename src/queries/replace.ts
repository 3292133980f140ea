/** A method that is replaced for a while. What others replaced meanwhile stays, and the replacement then only passes calls on. */
export type Method = (this: unknown, ...given: unknown[]) => unknown;

/** As a class has it. */
export const set = (holder: object, name: string, value: Method): void =>
  void Object.defineProperty(holder, name, { value, writable: true, configurable: true, enumerable: false });

/**
 * @param before - is told of each call, and may change what is given
 * @returns what undoes it
 */
export function replace(
  holder: object,
  name: string,
  before: (self: unknown, given: readonly unknown[]) => readonly unknown[],
): () => void {
  const methods = holder as Record<string, Method>;
  const original = methods[name] as Method;
  let isOver = false;
  const replacement: Method = function (...given) {
    return Reflect.apply(original, this, isOver ? given : before(this, given));
  };
  set(holder, name, replacement);
  return () => {
    isOver = true;
    if (methods[name] === replacement) set(holder, name, original);
  };
}
