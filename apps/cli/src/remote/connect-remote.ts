import { InvalidValueError } from '@medlego/errors';
import type { RpcConnection } from '@medlego/rpc';
import type { CommandContext } from '../context.ts';

const connections = new WeakMap<CommandContext, Promise<RpcConnection>>();

/**
 * The connection of this command; closed when it ends.
 * @throws InvalidValueError where no address was given
 */
export function connectRemote(context: CommandContext): Promise<RpcConnection> {
  let connection = connections.get(context);
  if (!connection) {
    connection = open(context);
    connections.set(context, connection);
  }
  return connection;
}

async function open({ remote, onEnd }: CommandContext): Promise<RpcConnection> {
  if (!remote)
    throw new InvalidValueError({
      field: '--remote',
      expected: 'host:port of the services, here or as MEDLEGO_REMOTE (`medlego up` prints it)',
      actual: 'nothing',
    });
  const { connectRpc } = await import('@medlego/rpc');
  const { address, token, ca } = remote;
  // Few attempts: whoever waits at a terminal wants to know.
  const connection = await connectRpc({ address, attempts: 4, ...(token && { token }), ...(ca && { tls: { ca } }) });
  onEnd(() => connection.close());
  return connection;
}
