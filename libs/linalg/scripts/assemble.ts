import { readFile, writeFile } from 'node:fs/promises';
import createWabt from 'wabt';

/*
 * Assembles src/panels/inner-loops.wat into src/panels/module-bytes.ts. Run after a change to the former;
 * a spec checks that the two agree.
 *
 *   node libs/linalg/scripts/assemble.ts
 */
const source = new URL('../src/panels/inner-loops.wat', import.meta.url);
const target = new URL('../src/panels/module-bytes.ts', import.meta.url);

/** The text of module-bytes.ts for the assembly source as it stands. */
export async function assemble(): Promise<string> {
  const wabt = await createWabt();
  const module = wabt.parseWat('inner-loops.wat', await readFile(source, 'utf8'));
  try {
    const lines = Buffer.from(module.toBinary({}).buffer)
      .toString('base64')
      .match(/.{1,100}/g)!;
    const text = lines.map((line) => `  '${line}'`).join(' +\n');
    return `/** WebAssembly of inner-loops.wat in base64, written by scripts/assemble.ts. */\nexport const moduleBytes =\n${text};\n`;
  } finally {
    module.destroy();
  }
}

if (import.meta.main) await writeFile(target, await assemble());
