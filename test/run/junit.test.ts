import { parseXml, XmlElement } from "@rgrove/parse-xml";
import { describe, expect, it } from "vitest";
import { junitFile, readSuites, suiteOfProcess, together } from "../../src/run/junit.ts";

const VITEST = `<?xml version="1.0" encoding="UTF-8" ?>
<testsuites name="vitest tests" tests="3" failures="1" errors="0" time="0.25">
    <testsuite name="a.test.ts" timestamp="2026-01-31T10:31:23.772Z" hostname="h" tests="3" failures="1" errors="0" skipped="1" time="0.012">
        <testcase classname="a.test.ts" name="adds &lt;b&gt; &amp; &quot;c&quot;" time="0.001">
        </testcase>
        <testcase classname="a.test.ts" name="fails" time="0.01">
            <failure message="expected 1 to be 2" type="AssertionError"><![CDATA[a < b && "]" ]]></failure>
        </testcase>
        <testcase classname="a.test.ts" name="later" time="0"><skipped/></testcase>
    </testsuite>
</testsuites>
`;
/** As node:test writes it: tests outside of suites, no numbers at the root, suites in suites. */
const NODE = `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testcase name="lone" time="0.5" classname="test"/>
	<testsuite name="outer" time="0.25" disabled="0" errors="0" tests="1" failures="0" skipped="0" hostname="h">
		<testsuite name="inner" time="0.2"><testcase name="deep" time="0.2"><error message="é → 🙂"/></testcase></testsuite>
	</testsuite>
	<!-- tests 2 -->
</testsuites>
`;

/** Reads what was written, as any consumer would. */
function read(xml: string): { root: XmlElement; names: string[] } {
  const { root } = parseXml(xml);
  const namesIn = (element: XmlElement): string[] => [
    ...(element.name === "testcase" ? [`${element.attributes["name"]}`] : []),
    ...element.children.flatMap((child) => (child instanceof XmlElement ? namesIn(child) : [])),
  ];
  if (!root) throw new Error("there is no root");
  return { root, names: namesIn(root) };
}

describe("JUnit files", () => {
  it("are made one, in which every suite is as it was written, and the numbers are those of what is there", () => {
    const file = junitFile(together([readSuites(VITEST, "a.test.ts"), readSuites(NODE, "b.test.ts")]));
    const { root, names } = read(file);
    expect(root.attributes).toEqual({ tests: "5", failures: "1", errors: "1", skipped: "1", time: "0.762" });
    expect(names).toEqual(['adds <b> & "c"', "fails", "later", "deep", "lone"]);
    expect(file).toContain(VITEST.slice(VITEST.indexOf("<testsuite "), VITEST.indexOf("</testsuites>")).trim());
    expect(file).toContain('<error message="é → 🙂"/>');
    expect(file).toContain('<testsuite name="b.test.ts" tests="1" failures="0" errors="0" skipped="0" time="0.500">');
  });

  it("may have a single suite as their root, line ends of Windows, a byte order mark and what XML cannot hold", () => {
    const { xml, tests, failures } = readSuites(
      '\ufeff<testsuite name="s">\r\n<testcase name="\u001b[31mred\u0000"><failure/></testcase>\r\n</testsuite>\r\n',
      "a.test.ts",
    );
    expect([tests, failures]).toEqual([1, 1]);
    expect(read(xml).names).toEqual(["\ufffd[31mred\ufffd"]);
  });

  it("are refused where they are cut off, or something else", () => {
    expect(() => readSuites(VITEST.slice(0, 500), "a.test.ts")).toThrow();
    expect(() => readSuites("<html><body/></html>", "a.test.ts")).toThrow("its root is <html>");
    expect(() => readSuites("", "a.test.ts")).toThrow();
  });

  it("of processes that wrote none have a test with the exit code, and the end of what was printed", () => {
    const output = `${"x".repeat(20_000)}\n\u001b[31mboom\u001b[0m <&> ]]> "q"\n`;
    const failed = suiteOfProcess({ file: 'a "b".ts', code: 3, seconds: 1.5, output });
    const passed = suiteOfProcess({ file: "b.ts", code: 0, seconds: 0.25, output });
    const file = junitFile(together([failed, passed]));
    const { root, names } = read(file);
    expect(names).toEqual(['a "b".ts', "b.ts"]);
    expect(root.attributes).toEqual({ tests: "2", failures: "0", errors: "1", skipped: "0", time: "1.750" });
    expect(root.text).toMatch(/^\s+x{7000,8000}\nboom <&> \]\]> "q"\s+$/);
    expect(file).toContain('<error message="it ended with exit code 3">');
  });
});
