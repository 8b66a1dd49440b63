import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
const home = mkdtempSync(join(tmpdir(), 'medlego-readme-'));
const environment = { ...process.env, MEDLEGO_HOME: home };
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Bodies of the fenced blocks whose info string is exactly `info`. */
const blocks = (file: string, info: string): string[] => {
  const pattern = new RegExp(`^\`\`\`${info}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) => match[1]!);
};

describe('README.md', () => {
  const commands = blocks(join(root, 'README.md'), 'sh example')
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line.startsWith('npx medlego '));

  it('has examples to run', () => expect(commands.length).toBeGreaterThan(3));

  it('shows commands that work as written, in their order', { timeout: 300_000 }, async () => {
    for (const command of commands) {
      const local = command.replace(/^npx medlego/, `"${process.execPath}" apps/cli/bin/medlego.mjs`);
      await run('sh', ['-c', local], { cwd: root, env: environment, maxBuffer: 1 << 26 }).catch(
        (error: { stderr?: string }) => {
          throw new Error(`${command}\n${error.stderr ?? String(error)}`);
        },
      );
    }
  });
});

// Blocks marked `typescript` are excerpts that need a test runner or hours of work around them; blocks marked `ts` run.
describe('examples in the READMEs of libraries', () => {
  const libraries = readdirSync(join(root, 'libs')).filter((name) => existsSync(join(root, 'libs', name, 'README.md')));
  const examples = libraries.flatMap((name) =>
    blocks(join(root, 'libs', name, 'README.md'), 'ts').map((code, index) => ({ name, index, code })),
  );

  it('every library has a README', () => {
    expect(readdirSync(join(root, 'libs')).filter((name) => !libraries.includes(name))).toEqual([]);
  });

  it.each(examples)('$name, example $index runs', { timeout: 120_000 }, async ({ code }) => {
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', code];
    await run(process.execPath, args, { cwd: root, env: environment });
  });
});
