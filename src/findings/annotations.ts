/** Findings in the form in which GitHub Actions shows them beside the lines of a pull request. */
import { relative } from "node:path";
import type { Finding } from "./finding.ts";

/** Whether this process is a step of a workflow. */
export const isInActions = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  environment["GITHUB_ACTIONS"] === "true";

/**
 * A workflow command each.
 *
 * @param root - the folder of the checkout, to which GitHub counts paths. `@default` `GITHUB_WORKSPACE`, else the current folder
 */
export function annotationsOf(
  findings: readonly Finding[],
  root: string = process.env["GITHUB_WORKSPACE"] || process.cwd(),
): string[] {
  return findings.map(({ level, rule, message, help, file, line, column, detail }) => {
    const place = file === undefined ? {} : { file: relative(root, file).replaceAll("\\", "/"), line, col: column };
    const properties = Object.entries({ ...place, title: rule }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${escapedProperty(String(value))}`],
    );
    const text = [message, help && `help: ${help}`, detail].filter(Boolean).join("\n");
    return `::${level} ${properties.join(",")}::${escaped(text)}`;
  });
}

const escaped = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

const escapedProperty = (text: string): string => escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
