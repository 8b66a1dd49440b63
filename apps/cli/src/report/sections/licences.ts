import { html, type Html } from '@medlego/report';
import type { ReportData } from '../report-data.ts';

/** Whose work the generalist stands on, under which terms. */
export function licences({ licences: all }: ReportData): Html {
  const restricted = all.filter((one) => one.nonCommercial);
  return html`<section id="licences">
    <h2>Licences and use</h2>
    <p class="intro">
      <span class="clinical">Not for clinical use.</span> Nothing here is a medical device or was tested as one.
    </p>
    <div class="card">
      ${
        restricted.length > 0 &&
        html`<p style="margin-top:0">
          Because of ${restricted.map((one) => one.name).join(', ')} the generalist may be used for non-commercial
          purposes only.
        </p>`
      }
      <div class="scroll">
        <table class="numbers wide">
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Licence</th>
              <th scope="col">Citation</th>
            </tr>
          </thead>
          <tbody>
            ${all.map(
              (one) =>
                html`<tr>
                  <th scope="row">${one.name}</th>
                  <td class="text">${one.licence}${one.nonCommercial && ' (non-commercial)'}</td>
                  <td class="text small">${one.citation}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </div>
  </section>`;
}
