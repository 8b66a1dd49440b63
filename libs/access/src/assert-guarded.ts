import { BlockList, isIP } from 'node:net';
import { InvalidValueError } from '@medlego/errors';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const isLoopback = (host: string): boolean => {
  const version = isIP(host);
  return version === 0 ? host === 'localhost' : loopback.check(host, version === 4 ? 'ipv4' : 'ipv6');
};

/**
 * Other machines are let in only with tokens, or on request.
 * @param settings what to set instead, in words
 * @throws InvalidValueError
 */
export function assertGuarded(
  host: string,
  isGuarded: boolean,
  settings = 'tokens (--tokens, --oidc-issuer), or --insecure to let everyone in',
): void {
  if (isGuarded || isLoopback(host)) return;
  throw new InvalidValueError({
    field: 'host',
    expected: `this machine only (127.0.0.1), or ${settings}`,
    actual: host,
  });
}
