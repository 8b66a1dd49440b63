import { join } from 'node:path';
import { workspaceRoot } from '@medlego/testing';
import * as prettier from 'prettier';
import { describe, expect, it } from 'vitest';
import { eventsPage, rpcPage } from './reference-pages.ts';

describe('the reference pages', () => {
  it.each([
    ['events.md', eventsPage],
    ['rpc.md', rpcPage],
  ])('docs/reference/%s is current (else: npm run contracts)', async (file, page) => {
    const path = join(workspaceRoot(), 'docs', 'reference', file);
    const config = await prettier.resolveConfig(path);
    await expect(await prettier.format(page(), { ...config, parser: 'markdown' })).toMatchFileSnapshot(path);
  });
});
