/** Tells how to undo what was made, for where the work ends, fails or is broken off by a signal. */
export type AtEnd = (undo: () => Promise<unknown>) => void;
