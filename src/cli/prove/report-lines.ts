/** A proof for people, on a terminal, in colours. */
import { printable } from "../../errors.ts";
import type { Proof } from "../../prove/proof.ts";
import type { Line } from "../../prove/report/line.ts";
import { proofLines } from "../../prove/report/lines.ts";
import { styled } from "../say.ts";

export const reportLines = (proof: Proof): string[] => proofLines(proof).map(textOf);

const textOf = (line: Line): string =>
  line.map(({ text, tone }) => (tone === undefined ? printable(text) : styled(tone, text))).join("");
