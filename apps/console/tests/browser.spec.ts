import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { PredictionAnswer } from '../src/api/types.ts';
import type { ArtifactStore } from '@medlego/artifacts';
import { openEngine } from '@medlego/engine';
import { createGateway, type Gateway } from '@medlego/inference-gateway';
import { openRegistry, type Registry } from '@medlego/registry';
import { sharedFolder, suiteFolder, workspaceRoot } from '@medlego/testing';
import sharp from 'sharp';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { findChromium } from './find-chromium.ts';
import { mergeSmall, modelFolders, storeSmallGeneralist } from './small-generalist.ts';

const program = findChromium();
if (!program) console.warn('SKIPPED: the console in a browser. Install Chromium, or name one in MEDLEGO_CHROMIUM.');

const shared = sharedFolder('data');
const image = join(workspaceRoot(), 'data/samples/busibreast/malignant-test2.png');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Values that the bars show, by task, in the order of the page. */
const readBars = (page: Page) =>
  page.evaluate<Record<string, Record<string, number>>>(`Object.fromEntries(
    [...document.querySelectorAll('[data-task]')].map((card) => [card.dataset.task, Object.fromEntries(
      [...card.querySelectorAll('.bar')].map((bar) => [bar.querySelector('.bar-label').textContent, Number(bar.querySelector('[data-value]').dataset.value)]),
    )]),
  )`);

describe.skipIf(!program)('the console in a browser', () => {
  const folder = suiteFolder();
  let store: ArtifactStore;
  let registry: Registry;
  let gateway: Gateway;
  let url: string;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    execFileSync(process.execPath, [join(workspaceRoot(), 'tools/scripts/console.mjs'), '--if-stale']);
    const engine = await openEngine({ engine: 'onnx', device: 'cpu' });
    store = await storeSmallGeneralist(folder, engine);
    await engine.dispose();
    registry = await openRegistry({ kind: 'memory' });
    gateway = await createGateway({
      store,
      registry,
      modelFolders,
      models: ['screening', 'busibreast'],
      adminToken: 'admin',
      followEveryMs: 200,
      consoleFolder: join(workspaceRoot(), 'apps/console/dist'),
    });
    url = `http://127.0.0.1:${gateway.http.port}`;
    browser = await chromium.launch({ executablePath: program!, args: ['--no-sandbox'] });
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
    await registry?.close();
  });

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    const wrong: string[] = [];
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url())) wrong.push(request.url());
    });
    onTestFinished(async () => {
      await page.close();
      expect(wrong, 'script errors, and requests to other servers').toEqual([]);
    });
  });

  const open = async (hash: string) => {
    await page.goto('about:blank'); // a change after the # alone would not load the page anew
    await page.goto(`${url}/${hash}`);
    await page.locator('main .card, main .drop, main .muted').first().waitFor();
    await page.locator('text=Loading …').waitFor({ state: 'detached' });
  };

  it('shows figures with their intervals, and what is served', async () => {
    await open('#/models/screening/overview');
    const plots = page.locator('svg.intervals');
    await expect.poll(() => plots.count()).toBe(4);
    expect(await plots.first().getAttribute('aria-label')).toMatch(
      /^Accuracy of busibreast: generalist .* to .*, specialist .*, probe /,
    );
    expect(await page.locator('.lead').textContent()).toContain('Version 1 is served.');
  });

  it('shows the members down to data sets and licences', async () => {
    await open('#/models/screening/lineage');
    const text = await page.locator('main').innerText();
    for (const word of ['screening', 'busibreast', 'pneumoniamnist', 'dataset', 'backbone'])
      expect(text).toContain(word);
    expect(await page.locator('svg.lineage .node').count()).toBe(6);
  });

  it('shows what the merge kept of every layer', async () => {
    await open('#/models/screening/merge');
    await page.locator('.chart canvas').waitFor();
    expect(await page.locator('table.heat').first().locator('tbody tr').count()).toBeGreaterThan(2);
    await page.locator('select#module').selectOption({ index: 1 });
    await page.locator('.chart canvas').waitFor();
  });

  it('says the same as the REST answer about an image', async () => {
    await open('#/models/screening/try');
    await page.locator('input[type=file]').setInputFiles(image);
    await page.locator('[data-task]').nth(1).waitFor();
    const response = await fetch(`${url}/api/v1/models/screening/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: readFileSync(image),
    });
    const { predictions } = (await response.json()) as PredictionAnswer;
    expect(await page.locator('figure img').getAttribute('src')).toMatch(/^data:image\/png;base64,/); // with attention
    expect(await readBars(page)).toEqual(
      Object.fromEntries(predictions.map(({ task, probabilities }) => [task, probabilities])),
    );
  });

  it.each(['PNG', 'JPEG'])(
    'answers in private mode within 0.001 of the server about a %s, and sends no image',
    async (format) => {
      // In colour and of another shape than the backbone takes, so that decoding and resizing count.
      const pixels = sharp(join(workspaceRoot(), 'data/samples/pbcblood/platelet-test5.png')).resize(200, 150, {
        fit: 'fill',
      });
      const buffer = await (format === 'PNG' ? pixels.png() : pixels.jpeg({ quality: 85 })).toBuffer();
      await open('#/models/screening/try');
      const mimeType = `image/${format.toLowerCase()}`;
      await page.locator('input[type=file]').setInputFiles({ name: `cell.${format}`, mimeType, buffer });
      await page.locator('text=Answered by the server').waitFor();
      const fromServer = await readBars(page);
      const sent: string[] = [];
      page.on('request', (request) => void (request.method() !== 'GET' && sent.push(request.url())));
      await page.locator('text=Private mode').click();
      await page.locator('text=Computed in this browser in').waitFor();
      const fromBrowser = await readBars(page);
      expect(Object.keys(fromBrowser)).toEqual(['busibreast', 'pneumoniamnist']);
      for (const [task, probabilities] of Object.entries(fromServer))
        for (const [label, value] of Object.entries(probabilities))
          expect(Math.abs(fromBrowser[task]![label]! - value), `${task} ${label}`).toBeLessThan(1e-3);
      expect(sent).toEqual([]);
    },
  );

  it.skipIf(!shared)('takes a DICOM file for the server, and says so in private mode', async () => {
    await open('#/models/screening/try');
    await page.locator('input[type=file]').setInputFiles(join(shared!, 'dicom/CT_small.dcm'));
    await page.locator('[data-task]').nth(1).waitFor();
    await page.locator('text=Private mode').click();
    await expect.poll(() => page.locator('.notice').textContent()).toContain('For DICOM, turn it off');
  });

  it('says what is wrong with a file that is no image', async () => {
    await open('#/models/screening/try');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no image') });
    await expect.poll(() => page.locator('.notice').textContent()).toContain('image');
  });

  it('rolls back and forth with the admin token, and tells why not without', async () => {
    await mergeSmall(store, [3, 1]);
    const served = () => gateway.models.current('screening').artifact.digest;
    const digests = (await store.history('generalist', 'screening')).versions.map(({ digest }) => digest);
    await expect.poll(served, { timeout: 10_000 }).toBe(digests[1]);
    await open('#/models/screening/overview');
    const back = page.getByRole('button', { name: 'Roll back' });
    await back.click();
    await expect.poll(() => page.getByRole('status').textContent()).toContain('admin');
    await page.getByLabel('Access token').fill('admin');
    await page.getByRole('button', { name: 'Use' }).click();
    await back.click();
    await expect.poll(() => page.locator('.lead').textContent(), { timeout: 30_000 }).toContain('Version 1 is served.');
    expect(served()).toBe(digests[0]);
    await page.getByRole('button', { name: 'Serve the newest' }).click();
    await expect.poll(() => page.locator('.lead').textContent(), { timeout: 30_000 }).toContain('Version 2 is served.');
    await back.click();
    await expect.poll(served).toBe(digests[0]);
    expect(await page.evaluate<number>('localStorage.length + sessionStorage.length + document.cookie.length')).toBe(0);
  });

  it('shows the requests that were answered', async () => {
    const address = `${url}/api/v1/models/screening/predict`;
    const headers = { 'content-type': 'application/octet-stream' };
    expect((await fetch(address, { method: 'POST', headers, body: readFileSync(image) })).status).toBe(200);
    await open('#/traffic');
    await page.locator('.chart canvas').waitFor({ timeout: 15_000 });
    const { success, failure } = gateway.models.slot('screening').statistics;
    const row = await page.getByRole('row', { name: /^screening/ }).innerText();
    expect(success).toBeGreaterThan(0);
    expect(row.split('\t').slice(0, 3)).toEqual(['screening', String(success + failure), String(failure)]);
  });

  it('follows a run while it goes on', async () => {
    const { run } = await registry.runs.submit({ kind: 'training', requestId: 'r1', name: 'retina', spec: {} });
    await registry.runs.change(run.id, { type: 'start', attempt: 1 });
    const progress = {
      fraction: 0.25,
      etaSeconds: 90,
      imagesPerSecond: 120,
      lastLoss: 0.7,
      checkpoint: null,
      message: 'epoch 1 of 4',
    };
    await registry.runs.change(run.id, { type: 'progress', attempt: 1, progress });
    await open('#/runs');
    expect(await page.locator('main').innerText()).toContain(
      '25 % · epoch 1 of 4 · 1 min 30 s left · 120 images/s · loss 0.7000',
    );
    await registry.runs.change(run.id, {
      type: 'progress',
      attempt: 1,
      progress: { ...progress, fraction: 0.5, lastLoss: 0.4 },
    });
    await page.locator('.chart canvas').waitFor();
    expect(await page.locator('.chart').getAttribute('aria-label')).toBe('Loss of retina, now 0.4000');
  });

  it('can be used with the keyboard alone', async () => {
    await open('#/models/screening/overview');
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('main');
    expect(page.url()).toContain('#/models/screening/overview');
  });

  for (const scheme of ['light', 'dark'] as const)
    for (const width of [1100, 375])
      it(`has no barrier that axe finds, and nothing beyond the edge (${scheme}, ${width} pixels)`, async () => {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width, height: 800 });
        for (const hash of ['overview', 'merge', 'lineage', 'try']
          .map((name) => `#/models/screening/${name}`)
          .concat('#/runs', '#/traffic')) {
          await open(hash);
          if (hash.endsWith('try')) {
            await page.locator('input[type=file]').setInputFiles(image);
            await page.locator('[data-task]').nth(1).waitFor();
          }
          await page.evaluate(axe);
          const found = await page.evaluate<string[]>(
            `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html.slice(0, 120)).join(' | ')))`,
          );
          expect(found, hash).toEqual([]);
          expect(await page.evaluate<number>('document.documentElement.scrollWidth'), hash).toBeLessThanOrEqual(width);
        }
      });
});
