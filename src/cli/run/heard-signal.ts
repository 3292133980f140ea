/** Hears whether the command was told to end, while programs run that were told, too. */
import { SIGNALS } from "../interruptible.ts";

export interface HeardSignal {
  /** The first that came. */
  readonly signal: NodeJS.Signals | undefined;
  /** Hears no more. */
  end(): void;
}

export function hearSignals(): HeardSignal {
  let first: NodeJS.Signals | undefined;
  const hear = (signal: NodeJS.Signals): void => {
    first ??= signal;
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  return {
    get signal() {
      return first;
    },
    end() {
      for (const signal of SIGNALS) process.off(signal, hear);
    },
  };
}
