/** Over the common style sheet: dense tables, grey tones and patterns that survive a print without colour. */
export const resultsStyle = `
header.top, main, footer { max-width: 1400px; }
main.results .card + .figures, main.results .figures + .card, main.results .figures + .figures { margin-top: 16px; }
.numbers.dense th, .numbers.dense td { padding: 5px 9px; font-size: 13px; }
.numbers.dense tbody th { font-weight: 500; white-space: nowrap; }
.numbers.dense tr.reference > * { background: var(--tint); }
.numbers.dense tr.fixed th, .numbers.dense tr.fixed td { color: var(--muted); }
.numbers.dense td.best .value { font-weight: 700; text-decoration: underline; text-underline-offset: 3px; }
.numbers.dense td.text { color: inherit; }
h3.between { margin-bottom: 10px; }
.card + p.small { margin: 8px 0 0; }
.figures.two { grid-template-columns: repeat(auto-fill, minmax(min(100%, 560px), 1fr)); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 6px 0 0; }
.heat.diverging td { background: color-mix(in oklab, var(--tone) calc(var(--share) * 1%), var(--page)); }
ul.notes { margin: 0; padding-left: 18px; }
ul.notes li + li { margin-top: 5px; }
@media print {
  @page { size: A4 landscape; }
  .numbers.dense th, .numbers.dense td { padding: 3px 5px; font-size: 8pt; }
  .numbers.dense .sub { font-size: 7pt; }
}
`;
