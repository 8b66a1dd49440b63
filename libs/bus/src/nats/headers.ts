import { headers, type MsgHdrs } from '@nats-io/transport-node';

export function toNatsHeaders(record: Readonly<Record<string, string>>): MsgHdrs {
  const natsHeaders = headers();
  for (const [name, value] of Object.entries(record)) natsHeaders.append(name, value);
  return natsHeaders;
}

/** First value of each header; names are kept as they are, since NATS tells cases apart. */
export function fromNatsHeaders(natsHeaders: MsgHdrs | undefined): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, values] of natsHeaders ?? []) record[name] = values[0] ?? '';
  return record;
}
