/** What the mock owes its users, whichever line of Drizzle it is on. */
import { answersConformance } from "./answers-conformance.ts";
import type { MockSubject } from "./mock-subject.ts";
import { refusalConformance } from "./refusal-conformance.ts";
import { runningConformance } from "./running-conformance.ts";

export function mockConformance(subject: MockSubject): void {
  answersConformance(subject);
  runningConformance(subject);
  refusalConformance(subject);
}
