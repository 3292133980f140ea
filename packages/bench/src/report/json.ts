/** Everything, for a program. */
import { linesOf, type Result } from "./result.ts";

export const jsonOf = (result: Result): string =>
  JSON.stringify(
    { ...result, findings: result.findings.map((finding) => ({ ...finding, summary: linesOf(finding) })) },
    null,
    2,
  );
