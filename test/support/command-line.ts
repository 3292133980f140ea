/** The command line of the built package, each command in a process of its own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export const program: string = fileURLToPath(new URL("../../dist/cli.mjs", import.meta.url));

export interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: unknown;
}

export interface Where {
  /** The built program. `@default` that of this repository */
  readonly program?: string;
  /** `@default` this process' folder */
  readonly cwd?: string;
  /** Beside what this process has, but for the library's own variables. */
  readonly env?: NodeJS.ProcessEnv;
  /** The command is interrupted once this is done. */
  readonly interrupted?: Promise<unknown> | undefined;
}

/** Runs a command without a terminal. */
export const type = (
  args: readonly string[],
  { program: file = program, cwd, env, interrupted }: Where = {},
): Promise<Said> => {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TEST_DB_|CI$|NODE_ENV$|FORCE_COLOR$)/.test(name),
  );
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [file, ...args],
      { cwd, env: { ...Object.fromEntries(inherited), ...env } },
      (error, out, err) => resolve({ out, err, code: error?.code ?? 0 }),
    );
    void interrupted?.then(() => child.kill("SIGINT"));
  });
};
