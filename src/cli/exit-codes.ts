/** What the exit code of a command says. `run`, `psql` and `studio` end with the code of the program that they ran. */

/** A command looked for something, and found it: `check`, `lint`, `doctor`, `rehearse`, `database verify`. */
export const FOUND = 1;
/** What was asked for could not be done, or was asked for in a wrong way. */
export const FAILED = 2;

/** Of a program that a signal ended, as shells have it. */
export const codeOfSignal = (number: number): number => 128 + number;
