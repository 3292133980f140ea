/** Says on a terminal what a command is busy with. Elsewhere nobody waits in front of it, and nothing is said. */
import yoctoSpinner from "yocto-spinner";
import { printable } from "../errors.ts";

/**
 * @param doing - what is done, such as `migrating app_test`
 * @param work - may say with `now` what it has come to
 */
export async function busy<T>(doing: string, work: (now: (doing: string) => void) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work(() => {});
  const spinner = yoctoSpinner({ text: printable(doing), handleSignals: false }).start();
  // a signal ends the process without the rest of this: the cursor would stay hidden
  const stop = (): unknown => spinner.stop();
  process.once("exit", stop);
  try {
    return await work((doing) => {
      spinner.text = printable(doing);
    });
  } finally {
    process.off("exit", stop);
    stop();
  }
}
