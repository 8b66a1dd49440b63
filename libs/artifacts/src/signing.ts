import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { InvalidValueError, UntrustedArtifactError } from '@medlego/errors';
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

/** Base64 of Ed25519 signatures of an artifact's digest, by key id. */
export type Signatures = Readonly<Record<string, string>>;

export const signWith = (signer: Signer, digest: Digest): Signatures => ({
  [signer.keyId]: Buffer.from(signer.sign(digest)).toString('base64'),
});

/** Stores signatures. One that is there already stays, unless it was damaged or the new one is known to be right. */
export async function writeSignatures(
  driver: ArtifactDriver,
  digest: Digest,
  signatures: Signatures,
  isRight: (keyId: string) => boolean,
): Promise<void> {
  for (const [keyId, signature] of Object.entries(signatures)) {
    const key = `${signaturePrefixOf(digest)}${keyId}.json`;
    // Ed25519 is deterministic: of two signatures by one key, one is wrong.
    const bytes = canonicalJson({ algorithm: 'ed25519', digest, keyId, signature }, 'signature');
    if ((await driver.create(key, bytes)) === 'created') continue;
    const existing = await driver.read(key);
    if (existing && (Buffer.compare(existing, bytes) === 0 || !isRight(keyId))) continue;
    await driver.delete(key);
    await driver.create(key, bytes);
  }
}

export async function readSignatures(driver: ArtifactDriver, digest: Digest): Promise<Signatures> {
  const prefix = signaturePrefixOf(digest);
  const signatures: Record<string, string> = {};
  for await (const { key } of driver.list(prefix)) {
    const bytes = await driver.read(key);
    if (bytes) signatures[key.slice(prefix.length).replace(/\.json$/, '')] = signatureIn(bytes);
  }
  return signatures;
}

/** Ids of trusted keys whose signature of this digest is right. */
export const signersOf = (digest: Digest, signatures: Signatures, { keys }: TrustPolicy): string[] =>
  [...keys].flatMap(([keyId, key]) => {
    const signature = Object.hasOwn(signatures, keyId) ? signatures[keyId]! : '';
    return verify(null, messageOf(digest), key, Buffer.from(signature, 'base64')) ? [keyId] : [];
  });

export interface Distrust {
  readonly expected: string;
  readonly actual: string;
  /** Ids of the keys whose signatures there are. */
  readonly found: readonly string[];
}

/** What is wrong with an artifact's signatures; undefined if a trusted one is there or none is required. */
export function judgeSignatures(digest: Digest, signatures: Signatures, trust: TrustPolicy): Distrust | undefined {
  if (!trust.required || signersOf(digest, signatures, trust).length > 0) return undefined;
  const found = Object.keys(signatures);
  return {
    expected: `a valid signature by ${[...trust.keys.keys()].join(' or ')}`,
    actual: found.length > 0 ? `signatures named ${found.join(', ')}, none of them valid and trusted` : 'no signature',
    found,
  };
}

/** As `judgeSignatures`, of what is stored. */
export async function checkSignature(
  driver: ArtifactDriver,
  digest: Digest,
  trust: TrustPolicy,
): Promise<Distrust | undefined> {
  if (!trust.required) return undefined;
  const known: Record<string, string> = {};
  for (const keyId of trust.keys.keys()) {
    const bytes = await driver.read(`${signaturePrefixOf(digest)}${keyId}.json`);
    if (bytes) known[keyId] = signatureIn(bytes);
  }
  // Listing all of them can be slow on a server; only a refusal has to name them.
  if (signersOf(digest, known, trust).length > 0) return undefined;
  return judgeSignatures(digest, await readSignatures(driver, digest), trust);
}

/** @throws UntrustedArtifactError */
export function assertTrusted(digest: Digest, signatures: Signatures, trust: TrustPolicy): void {
  const distrust = judgeSignatures(digest, signatures, trust);
  if (distrust)
    throw new UntrustedArtifactError({ subject: digest, trusted: [...trust.keys.keys()], found: distrust.found });
}

/**
 * Checks what a client sent: few, well formed, and right where the key is known here.
 * @throws InvalidValueError naming the key id
 */
export function assertSignatures(digest: Digest, signatures: Signatures, trust: TrustPolicy): void {
  const ids = Object.keys(signatures);
  if (ids.length > mostSignatures)
    throw new InvalidValueError({ field: 'signatures', expected: `at most ${mostSignatures}`, actual: ids.length });
  const right = new Set(signersOf(digest, signatures, trust));
  for (const keyId of ids) {
    const field = `signatures.${keyId.slice(0, 40)}`;
    if (!/^[0-9a-f]{16}$/.test(keyId))
      throw new InvalidValueError({
        field,
        expected: 'a key id of 16 hex digits',
        actual: JSON.stringify(keyId.slice(0, 40)),
      });
    if (!/^[A-Za-z0-9+/]{86}==$/.test(signatures[keyId]!))
      throw new InvalidValueError({ field, expected: '64 bytes in base64', actual: 'something else' });
    if (trust.keys.has(keyId) && !right.has(keyId))
      throw new InvalidValueError({ field, expected: `a signature of ${digest} by this key`, actual: 'another one' });
  }
}

const mostSignatures = 16;

/** The purpose is part of what is signed, so the signature cannot be passed off as one of something else. */
const messageOf = (digest: Digest): Uint8Array => new TextEncoder().encode(`medlego.artifact/1 ${digest}`);

function signatureIn(document: Uint8Array): string {
  try {
    const { signature } = JSON.parse(new TextDecoder().decode(document)) as { signature?: unknown };
    return String(signature);
  } catch {
    return ''; // damaged: no key accepts it
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
