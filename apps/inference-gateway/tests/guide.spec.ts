import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addToken, staticTokens } from '@medlego/access';
import { suiteFolder, workspaceRoot } from '@medlego/testing';
import { storeTinySpecialists } from '@medlego/workflows/testing';
import { createGateway, type Gateway } from '../src/index.ts';

const run = promisify(execFile);
const folder = suiteFolder();
const guide = readFileSync(join(workspaceRoot(), 'docs/guides/serving.md'), 'utf8');
const examples = [...guide.matchAll(/^```(\w+) example\n([\s\S]*?)^```/gm)].map(([, language, code], index) => ({
  index,
  language: language as 'sh' | 'python' | 'ts',
  code: code!,
}));

const python = process.env['MEDLEGO_PYTHON'] ?? 'python3';
const hasTritonClient = spawnSync(python, ['-c', 'import tritonclient.http, tritonclient.grpc']).status === 0;
const programs = {
  sh: ['sh', '-euc'],
  python: [python, '-c'],
  ts: [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e'],
} as const;

let gateway: Gateway;
let environment: Record<string, string>;

beforeAll(async () => {
  const file = join(folder, 'tokens.json');
  const { token } = await addToken(file, { subject: 'guide', scopes: ['predict'] });
  const image = join(folder, 'scan.png');
  await writeFile(
    image,
    await sharp({ create: { width: 28, height: 28, channels: 3, background: '#905060' } })
      .png()
      .toBuffer(),
  );
  gateway = await createGateway({
    store: await storeTinySpecialists(join(folder, 'store'), ['generalist']),
    models: ['generalist'],
    threads: 1,
    authenticator: staticTokens(file),
  });
  environment = {
    MEDLEGO_HTTP: `localhost:${gateway.http.port}`,
    MEDLEGO_GRPC: `localhost:${gateway.grpc.port}`,
    MEDLEGO_TOKEN: token,
    IMAGE: image,
  };
}, 60_000);
afterAll(() => gateway.close());

describe('docs/guides/serving.md', () => {
  it('has examples of every kind', () => {
    expect(new Set(examples.map(({ language }) => language))).toEqual(new Set(['sh', 'python', 'ts']));
  });

  for (const { index, language, code } of examples)
    it.skipIf(language === 'python' && !hasTritonClient)(
      `example ${index} (${language}) works as written`,
      async () => {
        const [program, ...args] = programs[language];
        const env = { ...process.env, NODE_OPTIONS: '', ...environment };
        const before = gateway.models.slot('generalist').statistics.inferences;
        const { stdout } = await run(program, [...args, code], { cwd: workspaceRoot(), env });
        expect(stdout).toContain('generalist');
        expect(gateway.models.slot('generalist').statistics.inferences).toBeGreaterThan(before);
      },
    );
});
