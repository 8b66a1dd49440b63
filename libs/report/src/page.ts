import { html, raw, type Html } from './html.ts';
import { styleSheet } from './style.ts';

/** Lets the page load nothing and run nothing, whatever got into it. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** One self-contained page: no script, no network, light and dark, made to be printed. `title` is the window's. */
export function htmlPage(title: string, body: Html): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${raw(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${raw(styleSheet)}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  return page.markup;
}
