import { html, type Html, shortDigest } from '@medlego/report';
import type { ReportData } from '../report-data.ts';

/** Title, what was merged on what, and the way to the parts. */
export function pageHeader(data: ReportData): Html {
  const { generalist, backbone, createdAt } = data;
  return html`<header class="top">
    <p class="kicker">Med-LEGO report</p>
    <h1>${data.title}</h1>
    ${data.subtitle && html`<p class="lead">${data.subtitle}</p>`}
    <ul class="meta">
      <li>
        Generalist
        <b>${generalist.name}</b> ${generalist.artifact && html`<code>${shortDigest(generalist.artifact)}</code>`}
      </li>
      <li>Method <b>${generalist.method}</b></li>
      <li>Backbone <b>${backbone.name}</b> ${backbone.digest && html`<code>${shortDigest(backbone.digest)}</code>`}</li>
      ${createdAt && html`<li>Made <b>${createdAt.replace('T', ' ').replace(/(:\d\d)(\.\d+)?Z$/, '$1 UTC')}</b></li>`}
      <li class="clinical">Not for clinical use</li>
    </ul>
    <nav>
      <a href="#results">Results</a><a href="#kept">What the merge kept</a>${
        data.modules && html`<a href="#inside">Inside the merge</a>`
      }<a href="#tasks">Tasks</a><a href="#made">How it was made</a><a href="#licences">Licences</a>
    </nav>
  </header>`;
}
