import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { InvalidValueError } from '@medlego/errors';
import type { Digest } from '@medlego/tensors';
import { canonicalJson } from './canonical-json.ts';
import type { ArtifactDriver } from './driver.ts';
import { signaturePrefixOf } from './keys.ts';

/** Key pair as PEM text (PKCS #8 and SPKI). The private one belongs into a secret, never into an artifact or a log. */
export interface SigningKeyPair {
  readonly keyId: string;
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface SigningOptions {
  /** Ed25519 private key in PEM: every artifact that is put gets a signature. */
  readonly privateKey?: string;
  /** Refuse artifacts that no trusted key has signed. Default: false. */
  readonly requireSignature?: boolean;
  /** Ed25519 public keys in PEM. */
  readonly trustedKeys?: readonly string[];
}

export interface Signer {
  readonly keyId: string;
  sign(digest: Digest): Uint8Array;
}

export interface TrustPolicy {
  readonly required: boolean;
  readonly keys: ReadonlyMap<string, KeyObject>;
}

export function createSigningKeyPair(): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    keyId: keyIdOf(publicKey),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
}

/** @throws InvalidValueError unless it is an Ed25519 private key in PEM; the key itself is in no message */
export function createSigner(privateKey: string): Signer {
  const key = parseKey('signing.privateKey', privateKey, createPrivateKey);
  return { keyId: keyIdOf(createPublicKey(key)), sign: (digest) => sign(null, messageOf(digest), key) };
}

/** @throws InvalidValueError for a bad key, or for a store that requires signatures and trusts nobody */
export function createTrustPolicy({ requireSignature = false, trustedKeys = [] }: SigningOptions): TrustPolicy {
  if (requireSignature && trustedKeys.length === 0)
    throw new InvalidValueError({ field: 'signing.trustedKeys', expected: 'at least one public key', actual: 'none' });
  const keys = trustedKeys.map((pem, index) => {
    const key = parseKey(`signing.trustedKeys.${index}`, pem, createPublicKey);
    return [keyIdOf(key), key] as const;
  });
  return { required: requireSignature, keys: new Map(keys) };
}

/** First 16 hex digits of the SHA-256 of the public key (SPKI, DER). */
function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

export async function writeSignature(driver: ArtifactDriver, digest: Digest, signer: Signer): Promise<void> {
  const key = `${signaturePrefixOf(digest)}${signer.keyId}.json`;
  const signature = Buffer.from(signer.sign(digest)).toString('base64');
  const document = { algorithm: 'ed25519', digest, keyId: signer.keyId, signature };
  // Ed25519 is deterministic: a signature that exists is this one, or was damaged and must be replaced.
  const bytes = canonicalJson(document, 'signature');
  if ((await driver.create(key, bytes)) === 'created') return;
  const existing = await driver.read(key);
  if (existing && Buffer.compare(existing, bytes) === 0) return;
  await driver.delete(key);
  await driver.create(key, bytes);
}

/** Ids of trusted keys whose signature of this digest is right. */
export async function signersOf(driver: ArtifactDriver, digest: Digest, trust: TrustPolicy): Promise<string[]> {
  const signers: string[] = [];
  for (const [keyId, key] of trust.keys) {
    const bytes = await driver.read(`${signaturePrefixOf(digest)}${keyId}.json`);
    if (bytes && verify(null, messageOf(digest), key, signatureIn(bytes))) signers.push(keyId);
  }
  return signers;
}

/** What is wrong with an artifact's signatures; undefined if a trusted one is there or none is required. */
export async function checkSignature(
  driver: ArtifactDriver,
  digest: Digest,
  trust: TrustPolicy,
): Promise<{ readonly expected: string; readonly actual: string; readonly found: readonly string[] } | undefined> {
  if (!trust.required || (await signersOf(driver, digest, trust)).length > 0) return undefined;
  const found: string[] = [];
  for await (const { key } of driver.list(signaturePrefixOf(digest)))
    found.push(key.slice(signaturePrefixOf(digest).length).replace(/\.json$/, ''));
  return {
    expected: `a valid signature by ${[...trust.keys.keys()].join(' or ')}`,
    actual: found.length > 0 ? `signatures named ${found.join(', ')}, none of them valid and trusted` : 'no signature',
    found,
  };
}

/** The purpose is part of what is signed, so the signature cannot be passed off as one of something else. */
const messageOf = (digest: Digest): Uint8Array => new TextEncoder().encode(`medlego.artifact/1 ${digest}`);

function signatureIn(document: Uint8Array): Uint8Array {
  try {
    const { signature } = JSON.parse(new TextDecoder().decode(document)) as { signature?: unknown };
    return Buffer.from(String(signature), 'base64');
  } catch {
    return new Uint8Array(0); // damaged: no key accepts it
  }
}

function parseKey(field: string, pem: string, parse: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = parse(pem);
  } catch {
    key = undefined; // the cause may quote the key
  }
  if (key?.asymmetricKeyType !== 'ed25519')
    throw new InvalidValueError({
      field,
      expected: 'an Ed25519 key in PEM',
      actual: key?.asymmetricKeyType ?? 'something else',
    });
  return key;
}
