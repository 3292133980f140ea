/** The frame of a page that needs nothing else: no script, no font, no picture from elsewhere. */
import { Html, html } from "./html.ts";
import { STYLE } from "./style.ts";

export interface PageParts {
  readonly title: string;
  /** What the page has besides the common style. */
  readonly style: string;
  readonly content: Html;
}

export const page = ({ title, style, content }: PageParts): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(STYLE)}${new Html(style)}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`.text;

/** A figure with its name, and in small letters what belongs to it. */
export const tile = (title: string, value: string, more = ""): Html =>
  html`<div class="card"><dt>${title}</dt><dd>${value}<small>${more}</small></dd></div>`;
