import type { Command } from 'commander';
import { defineAction, type CommonOptions } from '../context.ts';

/** Keys that sign artifacts. */
export function registerKey(command: Command): void {
  const create = command
    .command('create')
    .description('make a pair of Ed25519 keys: FILE, which is secret, and FILE.pub')
    .argument('<file>', 'where the private key goes; it must not be there yet')
    .addHelpText(
      'after',
      `
  export MEDLEGO_SIGNING_KEY=site.pem            what is stored is signed
  export MEDLEGO_TRUSTED_KEYS=site.pem.pub       what nobody of these has signed is refused; several with commas`,
    );
  defineAction<[string], CommonOptions>(create, async (context, _options, file) => {
    const [{ createSigningKeyPair }, { toAppError }, { writeFile }] = await Promise.all([
      import('@medlego/artifacts'),
      import('@medlego/errors'),
      import('node:fs/promises'),
    ]);
    const { keyId, privateKey, publicKey } = createSigningKeyPair();
    const write = (path: string, text: string, mode: number) =>
      writeFile(path, text, { flag: 'wx', mode }).catch((error: unknown) => {
        throw toAppError(error, { path, what: 'key' });
      });
    await write(file, privateKey, 0o600);
    await write(`${file}.pub`, publicKey, 0o644);
    context.out.line(`Key ${keyId}: ${file} (secret) and ${file}.pub`);
    context.out.document({ keyId, privateKey: file, publicKey: `${file}.pub` });
  });
}
