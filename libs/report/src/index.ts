export { loadPlotKit, type PlotKit } from './charts/plot-kit.ts';
export { spectrumChart, type Spectrum } from './charts/spectrum-chart.ts';
export { dash, magnitude, meanOf, percent, pValue, range, shortDigest, signed, three } from './format.ts';
export { heatCell } from './heat-cell.ts';
export { escapeHtml, html, raw, type Html, type HtmlValue } from './html.ts';
export { htmlPage } from './page.ts';
export { styleSheet } from './style.ts';
