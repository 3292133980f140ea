/** Runs a program in this one's place: it has the terminal, and its exit code is this program's. */
import { spawn } from "node:child_process";

export async function runProgram(
  file: string,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(file, parameters, { stdio: "inherit", env: environment });
  // the terminal sends it to both, and it is the child's to act upon
  const ignore = (): void => {};
  process.on("SIGINT", ignore);
  try {
    process.exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
  } finally {
    process.off("SIGINT", ignore);
  }
}
