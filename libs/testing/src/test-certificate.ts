import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface TestCertificate {
  /** Files in PEM; the certificate signs itself, so that it is its own authority. */
  readonly cert: string;
  readonly key: string;
}

/** A certificate for 127.0.0.1 and localhost, valid for a day, with its key, in a folder. */
export async function testCertificate(folder: string, name = 'server'): Promise<TestCertificate> {
  const pem = await generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}-key.pem`) };
  writeFileSync(files.cert, pem.cert);
  writeFileSync(files.key, pem.private, { mode: 0o600 });
  return files;
}
