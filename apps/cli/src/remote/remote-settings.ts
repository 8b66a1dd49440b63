/** Where a command works, if not on this machine's own store. */
export interface RemoteSettings {
  /** `host:port`, or `https://host:port`. */
  readonly address: string;
  readonly token?: string;
  /** File in PEM: who signed the server's certificate. */
  readonly ca?: string;
}

export interface RemoteOptions {
  readonly remote?: string;
  readonly remoteCa?: string;
}

/** What the options say, else the variables `MEDLEGO_REMOTE`, `MEDLEGO_TOKEN` and `MEDLEGO_REMOTE_CA`. */
export function remoteSettings(
  { remote, remoteCa }: RemoteOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): RemoteSettings | undefined {
  const address = remote ?? env['MEDLEGO_REMOTE'];
  if (!address) return undefined;
  const token = env['MEDLEGO_TOKEN'];
  const ca = remoteCa ?? env['MEDLEGO_REMOTE_CA'];
  return { address, ...(token && { token }), ...(ca && { ca }) };
}
