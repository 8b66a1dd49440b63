// npm run sbom [-- FILE]: what an image or installation is made of, as CycloneDX, from package-lock.json; without the tools that only developers use.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const file = process.argv[2] ?? 'medlego-sbom.json';
const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const args = [
  'sbom',
  '--sbom-format',
  'cyclonedx',
  '--sbom-type',
  'application',
  '--omit',
  'dev',
  '--package-lock-only',
];
const { status, stdout, stderr } = spawnSync(npm, args, { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 ** 2 });
if (status !== 0) {
  console.error(`npm sbom failed: ${stderr.trim()}`);
  process.exit(1);
}
const bom = JSON.parse(stdout);
// npm names the whole after its folder.
Object.assign(bom.metadata.component, { name: 'medlego', version, licenses: [{ license: { id: license } }] });
writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
console.log(`${file}: ${bom.components.length} components`);
