import { serverProgram, startServer, type ServerProcess } from './server-program.ts';

export interface NatsServer {
  /** `nats://127.0.0.1:<port>`; stays the same over restarts. */
  readonly url: string;
  /** Ends the process; default with the signal that nothing can catch. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and the same store. */
  start(): Promise<void>;
}

export interface NatsServerOptions {
  /** Where JetStream keeps its files; none starts a server without JetStream. */
  readonly storeFolder?: string;
  readonly args?: readonly string[];
}

/** A real nats-server on a free port of this machine, for the tests of one file: start it in a `beforeAll`, stop it in an `afterAll`. */
export async function startNatsServer({ storeFolder, args = [] }: NatsServerOptions = {}): Promise<NatsServer> {
  const program = serverProgram('nats-server');
  const jetStream = storeFolder === undefined ? [] : ['-js', '-sd', storeFolder];
  const launch = async (port: string): Promise<[ServerProcess, string]> => {
    const server = startServer(program, ['-a', '127.0.0.1', '-p', port, ...jetStream, ...args]);
    const [, actual] = await server.waitFor(/client connections on 127\.0\.0\.1:(\d+)/);
    await server.waitFor(/Server is ready/);
    return [server, actual!];
  };
  let [server, port] = await launch('-1');
  return {
    url: `nats://127.0.0.1:${port}`,
    stop: (signal) => server.kill(signal),
    async start() {
      [server, port] = await launch(port);
    },
  };
}
