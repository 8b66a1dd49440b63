/*
 * Takes the pictures of docs/images/ of a model in a store: node apps/console/tests/screenshots.ts HOME MODEL IMAGE FOLDER
 */
import { join } from 'node:path';
import { openArtifactStore } from '@medlego/artifacts';
import { createGateway } from '@medlego/inference-gateway';
import { workspaceRoot } from '@medlego/testing';
import { chromium } from 'playwright-core';
import { findChromium } from './find-chromium.ts';

const [home, model, image, folder] = process.argv.slice(2);
if (!home || !model || !image || !folder) throw new Error('Usage: node screenshots.ts HOME MODEL IMAGE FOLDER');

const shots = [
  { page: 'overview', scheme: 'light', width: 1100 },
  { page: 'overview', scheme: 'dark', width: 375 },
  { page: 'lineage', scheme: 'light', width: 1100 },
  { page: 'merge', scheme: 'dark', width: 1100 },
  { page: 'try', scheme: 'light', width: 1100 },
  { page: 'try', scheme: 'dark', width: 375 },
] as const;

const gateway = await createGateway({
  store: await openArtifactStore({ root: home }),
  modelFolders: [join(workspaceRoot(), 'models')],
  models: [model],
  consoleFolder: join(workspaceRoot(), 'apps/console/dist'),
});
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] });
for (const { page: name, scheme, width } of shots) {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
  await page.goto(`http://127.0.0.1:${gateway.http.port}/#/models/${model}/${name}`);
  await page.locator('main .card').first().waitFor();
  if (name === 'try') {
    await page.locator('text=Private mode').click();
    await page.locator('input[type=file]').setInputFiles(image);
    await page.locator('[data-task]').nth(1).waitFor();
  }
  await page.waitForTimeout(600); // bars grow
  const clip = {
    x: 0,
    y: 0,
    width,
    height: Math.min(1500, await page.evaluate<number>('document.documentElement.scrollHeight')),
  };
  await page.screenshot({ path: join(folder, `console-${name}-${scheme}-${width}.png`), clip, fullPage: true });
  await page.close();
}
await browser.close();
await gateway.close();
