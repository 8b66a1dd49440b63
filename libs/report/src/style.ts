/**
 * The page's style sheet. Row colours are Okabe and Ito's (told apart by colour-blind readers), lightened for dark
 * pages; nothing is loaded: fonts are the system's.
 */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --text: #16202c; --muted: #5b6775; --line: #d9dee5; --faint: #ccd3db;
  --specialist: #0072b2; --generalist: #d55e00; --generalist-soft: #f0a873; --unadapted: #a8578a; --probe: #00805e; --majority: #737c87;
  --heat: #0072b2; --heat-text: #ffffff; --tint: #fdf3ec; --warn-line: #d55e00;
  --body: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #10151b; --surface: #182029; --text: #e6ebf1; --muted: #9aa7b5; --line: #2e3946; --faint: #3c4957;
    --specialist: #56b4e9; --generalist: #f28c45; --generalist-soft: #8f5730; --unadapted: #d48cb9; --probe: #3ac49a; --majority: #8d97a3;
    --heat: #56b4e9; --heat-text: #0b1117; --tint: #2a211b; --warn-line: #f28c45;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.55 var(--body); }
main, header.top, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header.top { padding-top: 40px; }
.kicker { margin: 0 0 6px; color: var(--generalist); font-size: 13px; font-weight: 650; letter-spacing: .04em; text-transform: uppercase; }
h1 { margin: 0; font-size: clamp(26px, 4.4vw, 38px); line-height: 1.15; letter-spacing: -.015em; }
.lead { margin: 10px 0 0; max-width: 46em; color: var(--muted); font-size: 17px; }
.meta { display: flex; flex-wrap: wrap; gap: 4px 22px; margin: 16px 0 0; padding: 0; list-style: none; color: var(--muted); font-size: 13.5px; }
.meta b { color: var(--text); font-weight: 600; }
nav { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 20px 0 0; padding: 10px 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); font-size: 14px; }
nav a { white-space: nowrap; }
a { color: var(--specialist); text-decoration: none; }
a:hover { text-decoration: underline; }
section { margin: 44px 0 0; }
h2 { margin: 0 0 4px; font-size: 22px; letter-spacing: -.01em; }
h3.between { margin-top: 28px; font-size: 17px; }
h3 { margin: 0; font-size: 15px; font-weight: 650; }
.intro { margin: 0 0 16px; max-width: 52em; color: var(--muted); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; }
.card + .card { margin-top: 16px; }
.small, figcaption { color: var(--muted); font-size: 13px; line-height: 1.45; }
code, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .92em; overflow-wrap: anywhere; }

.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 14px; margin: 24px 0 0; }
.tile { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px 16px; }
.tile .name { color: var(--muted); font-size: 13px; }
.tile .figure { margin: 2px 0 4px; font-size: 31px; font-weight: 650; line-height: 1.2; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tile .figure small { margin-left: 3px; color: var(--muted); font-size: 16px; font-weight: 500; letter-spacing: 0; }
.tile.first { border-top: 3px solid var(--generalist); padding-top: 12px; }
.notice { margin: 14px 0 0; padding: 12px 18px; background: var(--tint); border-left: 3px solid var(--warn-line); border-radius: 0 8px 8px 0; }
.notice ul { margin: 0; padding: 0 0 0 18px; }
.notice p { margin: 0; }
.notice li + li { margin-top: 4px; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.wide { width: 100%; }
th { font-weight: 600; text-align: left; }
.numbers th, .numbers td { padding: 8px 12px; vertical-align: top; }
.numbers thead th { border-bottom: 1.5px solid var(--text); font-size: 13px; vertical-align: bottom; white-space: nowrap; }
.numbers tbody tr + tr > * { border-top: 1px solid var(--line); }
.numbers td, .numbers thead th.n { text-align: right; white-space: nowrap; }
.numbers td.text { text-align: left; white-space: normal; }
.numbers.fixed { table-layout: fixed; min-width: 640px; }
.numbers.fixed th:first-child { width: 21%; }
.numbers th:first-child { position: sticky; left: 0; background: var(--surface); padding-left: 0; }
.numbers td:last-child, .numbers thead th:last-child { padding-right: 4px; }
.numbers .sub { display: block; color: var(--muted); font-size: 12px; font-weight: 400; line-height: 1.35; }
.numbers .us { background: var(--tint); }
.numbers td.us .value { font-weight: 650; }
.numbers tfoot th, .numbers tfoot td { border-top: 1.5px solid var(--text); font-weight: 600; }
.swatch { display: inline-block; width: 9px; height: 9px; margin-right: 6px; border-radius: 50%; }
h3 + .scroll, h3 + table { margin-top: 6px; }
h3 + .small { margin: 2px 0 4px; }
.stack > * + *, .stack > dl.facts { margin-top: 26px; }
.stack > dl.facts { padding-top: 18px; border-top: 1px solid var(--line); }

.figures { align-items: start; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); gap: 16px; }
figure { margin: 0; }
figure.card + figure.card, .figures > .card { margin-top: 0; }
.pair { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 10px; }
.pair > * { flex: 1 1 230px; min-width: 0; max-width: 310px; }
svg.plot { display: block; width: 100%; max-width: 100%; height: auto; overflow: visible; font-family: var(--body); }
svg.plot text { white-space: pre; }
svg.plot [aria-label$="grid"] { stroke: var(--line); stroke-opacity: 1; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 2px 14px; }

.spectra { display: grid; grid-template-columns: repeat(auto-fill, minmax(138px, 1fr)); gap: 18px 22px; margin-top: 12px; }
.spectra b { color: var(--text); }
.spectra figcaption { font-size: 12px; white-space: nowrap; }
.heat th, .heat td { padding: 0; font-size: 12.5px; }
.heat { border-spacing: 2px; border-collapse: separate; }
.heat th { padding: 2px 8px 2px 0; font-weight: 500; }
.heat th.column { padding: 2px 5px; white-space: nowrap; color: var(--muted); text-align: center; }
.heat td { min-width: 34px; height: 30px; padding: 0 4px; border-radius: 4px; text-align: center; background: color-mix(in oklab, var(--heat) calc(var(--share) * 1%), var(--page)); }
.heat td.deep { color: var(--heat-text); }
.heat td.none { background: none; color: var(--muted); }
.heat th:first-child { position: sticky; left: 0; background: var(--surface); white-space: nowrap; }

.task > .head { margin-bottom: 14px; }
.task h3 { font-size: 18px; }
.task h4 { margin: 0 0 10px; font-size: 13.5px; font-weight: 650; }
.blocks { display: flex; flex-wrap: wrap; gap: 26px 44px; }
.block { min-width: 0; max-width: 100%; }
.block.full { flex: 1 1 100%; }
.block.curves { flex: 1 1 400px; max-width: 640px; }
.curves .pair > * { flex-basis: 200px; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 16px 24px; }
.sample { display: grid; grid-template-columns: 76px minmax(0, 1fr); gap: 12px; font-size: 12.5px; line-height: 1.35; }
.sample img { display: block; width: 76px; height: 76px; object-fit: cover; border-radius: 6px; background: #000; image-rendering: pixelated; }
.sample .truth { margin: 0 0 5px; }
.sample .verdict { color: var(--muted); white-space: nowrap; }
.bar { display: grid; grid-template-columns: minmax(0, 1fr) 38px; gap: 0 8px; align-items: center; }
.bar .label { overflow-wrap: anywhere; }
.bar .p { text-align: right; font-variant-numeric: tabular-nums; }
.bar i { grid-column: 1 / -1; height: 4px; margin: 1px 0 4px; border-radius: 2px; background: linear-gradient(var(--fill), var(--fill)) no-repeat 0 0 / calc(var(--share) * 1%) 100%, var(--line); }
.bar { --fill: var(--majority); }
.bar.true { --fill: var(--generalist); }
.bar.true .label { font-weight: 650; }

dl.facts { display: grid; grid-template-columns: minmax(130px, max-content) minmax(0, 1fr); gap: 7px 24px; margin: 0; }
dl.facts dt { color: var(--muted); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
dl.facts + dl.facts { margin-top: 18px; padding-top: 16px; border-top: 1px solid var(--line); }
footer { margin-top: 52px; padding-top: 18px; padding-bottom: 48px; color: var(--muted); font-size: 13px; }
.clinical { color: var(--text); font-weight: 650; }

@media (max-width: 860px) { .tiles { grid-template-columns: repeat(2, 1fr); } }
@media (max-width: 560px) {
  main, header.top, footer { padding-left: 14px; padding-right: 14px; }
  header.top { padding-top: 24px; }
  .card { padding: 14px; }
  .tiles { gap: 10px; }
  .tile { padding: 10px 12px 12px; }
  .tile .figure { font-size: 25px; }
  .numbers th, .numbers td { padding: 7px 8px; }
  section { margin-top: 34px; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: 8px; }
}
@media print {
  :root { color-scheme: light; --page: #ffffff; }
  @page { margin: 14mm; }
  body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  nav { display: none; }
  main, header.top, footer { max-width: none; padding: 0; }
  .card, .tile, .sample, figure, tr { break-inside: avoid; }
  .card.task, .card.stack { break-inside: auto; }
  .numbers, .heat, .block:not(.full) { break-inside: avoid; }
  h2, h3, h4, .intro, thead { break-after: avoid; }
  .tiles { grid-template-columns: repeat(4, 1fr); }
  .figures { grid-template-columns: 1fr; }
  .figures > .card > svg.plot { max-width: 440px; }
  .intro, .notice { break-inside: avoid; }
  .scroll { overflow: visible; }
  .numbers th, .numbers td { padding: 5px 7px; }
  section { margin-top: 26px; }
}
`;
