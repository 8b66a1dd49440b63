/** A piece of finished markup. Only `html`, `raw` and the chart kit make one, so plain strings never reach the page unescaped. */
export interface Html {
  readonly markup: string;
}

/** What may stand in a template: text and numbers are escaped, lists are joined, null, undefined and false vanish. */
export type HtmlValue = Html | string | number | null | undefined | false | readonly HtmlValue[];

/** Tagged template that escapes every value that is not markup already. Attribute values must stand in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { markup: parts.reduce((page, part, at) => page + toMarkup(values[at - 1]) + part) };
}

/** Declares text to be markup: for style sheets and for SVG from the plotting library, never for data. */
export const raw = (markup: string): Html => ({ markup });

function toMarkup(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return 'markup' in value ? value.markup : value.map(toMarkup).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);
