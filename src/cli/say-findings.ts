/** Prints findings for people, and in GitHub Actions beside the lines that they are about. */
import { printable } from "../errors.ts";
import { annotationsOf, isInActions } from "../findings/annotations.ts";
import type { Finding } from "../findings/finding.ts";
import { sayStyled, styled } from "./say.ts";

/** A finding as lines: its place, as terminals link it, and its rule; what it is; what to do. */
export function linesOf({ level, rule, message, help, file, line, column, detail }: Finding): string[] {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const severity = styled(level === "error" ? "red" : "yellow", level);
  return [
    `${place ? `${styled("bold", place)}  ` : ""}${severity}  ${printable(rule)}`,
    ...message.split("\n").map((each) => `  ${printable(each)}`),
    ...(help ? [`  ${styled("dim", "help:")} ${printable(help)}`] : []),
    ...(detail
      ? detail
          .trim()
          .split("\n")
          .map((each) => `  ${styled("dim", "|")} ${printable(each)}`)
      : []),
  ];
}

/** What a workflow's log has besides. */
export function annotate(findings: readonly Finding[]): void {
  if (isInActions() && findings.length > 0) sayStyled(...annotationsOf(findings).map(printable));
}
