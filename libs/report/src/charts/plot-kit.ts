import type * as PlotModule from '@observablehq/plot';
import { escapeHtml, type Html, raw } from '../html.ts';

type Plot = typeof PlotModule;

/** The plotting library, loaded when a report is made and not before, with a document that needs no browser. */
export interface PlotKit {
  readonly plot: Plot;
  /** Draws to inline SVG; `label` is what a screen reader says. Colours should be custom properties of the page. */
  draw(options: Parameters<Plot['plot']>[0], label: string): Html;
}

export async function loadPlotKit(): Promise<PlotKit> {
  const [plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  return {
    plot,
    draw(options, label) {
      const figure = plot.plot({ document, style: { fontSize: '11px' }, ...options });
      // The page's own style sheet covers what the library repeats in every figure.
      figure.querySelector('style')?.remove();
      figure.setAttribute('class', 'plot');
      // The serializer leaves "<" in attributes as it is, which is legal HTML; names get the page's own escaping all the same.
      return raw(`<svg role="img" aria-label="${escapeHtml(label)}"${figure.outerHTML.slice('<svg'.length)}`);
    },
  };
}
