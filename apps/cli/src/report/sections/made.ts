import { html, type Html } from '@medlego/report';
import type { ReportData } from '../report-data.ts';

/** Recipe, backbone, and the facts needed to do it again. */
export function made({ generalist, backbone, facts }: ReportData): Html {
  const parameters = Object.entries(generalist.parameters ?? {});
  return html`<section id="made">
    <h2>How it was made</h2>
    <p class="intro">The same inputs, seeds, versions and thread counts give the same artifacts, byte for byte.</p>
    <div class="card">
      <dl class="facts">
        ${fact('Generalist', html`${generalist.name} ${generalist.artifact && html`<br /><code>${generalist.artifact}</code>`}`)}
        ${fact(
          'Recipe',
          html`${generalist.method}${parameters.map(([name, value]) => html`, ${name} = <code>${String(value)}</code>`)}`,
        )}
        ${fact(
          'Backbone',
          html`${backbone.name}${backbone.description && `, ${backbone.description}`}${
            backbone.digest && html`<br /><code>${backbone.digest}</code>`
          }`,
        )}
      </dl>
      ${facts.length > 0 && html`<dl class="facts">${facts.map(({ label, value }) => fact(label, html`${value}`))}</dl>`}
    </div>
  </section>`;
}

const fact = (label: string, value: Html): Html =>
  html`<dt>${label}</dt>
    <dd>${value}</dd>`;
