import { expect, it } from "vitest";
import { sizeInWords, timeInWords } from "../../src/cli/words.ts";

it.each([
  [0, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3599, "59 min"],
  [7199, "119 min"],
  [7200, "2 h"],
  [47 * 3600, "47 h"],
  [48 * 3600, "2 d"],
])("%d seconds are %s", (seconds, words) => expect(timeInWords(seconds)).toBe(words));

it.each([
  [0, "0 kB"],
  [1, "1 kB"],
  [8192, "8 kB"],
  [1024 ** 2 * 7.71, "7.7 MB"],
  [1024 ** 2 * 120, "120 MB"],
  [1024 ** 3 * 1.5, "1.5 GB"],
])("%d bytes are %s", (bytes, words) => expect(sizeInWords(bytes)).toBe(words));
