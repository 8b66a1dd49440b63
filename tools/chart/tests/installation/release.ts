import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { chartFolder } from '../../src/index.ts';

/** Programs that speak to the cluster of `kubeconfig`, in one namespace. */
export interface Release {
  readonly namespace: string;
  run(program: string, ...args: string[]): Promise<string>;
  kubectl(...args: string[]): Promise<string>;
  helm(...args: string[]): Promise<string>;
  /** `install` or `upgrade`, until all is ready; fails with what the pods say. */
  apply(verb: 'install' | 'upgrade', ...args: string[]): Promise<void>;
  /** Reaches a port of an object while `use` works. */
  forward<T>(object: string, port: number, use: (address: string) => Promise<T>): Promise<T>;
}

export function openRelease(kubeconfig: string, namespace: string): Release {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const run = async (program: string, ...args: string[]) =>
    (await promisify(execFile)(program, args, { env, maxBuffer: 64 * 1024 ** 2 })).stdout;
  const kubectl = (...args: string[]) => run('kubectl', '--namespace', namespace, ...args);
  const helm = (...args: string[]) => run('helm', '--namespace', namespace, ...args);
  return {
    namespace,
    run,
    kubectl,
    helm,
    async apply(verb, ...args) {
      // The definition of Generalist may be in the cluster already, applied by kubectl.
      const options = ['--take-ownership', '--force-conflicts', '--wait', '--timeout', '4m'];
      await helm(verb, 'm', chartFolder, ...args, ...options).catch(async (error: Error) => {
        const logs = ['-l', 'app.kubernetes.io/instance=m', '--all-containers', '--tail=20', '--prefix'];
        const said = await kubectl('logs', ...logs).catch(String);
        throw new Error(`${error.message}\n${await kubectl('get', 'pods')}\n${said}`);
      });
    },
    async forward(object, port, use) {
      const child = spawn('kubectl', ['--namespace', namespace, 'port-forward', object, `:${port}`], {
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      try {
        const local = await new Promise<string>((resolve, reject) => {
          let said = '';
          child.stdout.on('data', (chunk: Buffer) => {
            said += String(chunk);
            const found = /127\.0\.0\.1:(\d+)/u.exec(said)?.[1];
            if (found) resolve(found);
          });
          child.on('close', () => reject(new Error(`port-forward of ${object} ended: ${said}`)));
        });
        return await use(`127.0.0.1:${local}`);
      } finally {
        child.kill();
      }
    },
  };
}

/** The chart's values for a small cluster: the project's image, Jobs that ask for a GPU and compute on the CPU. */
export function smallValues(image: string): object {
  const [, repository = '', tag = ''] = /^(.+):([^:/]+)$/u.exec(image) ?? [];
  const resources = { requests: { cpu: '20m', memory: '128Mi' }, limits: { memory: '1Gi' } };
  return {
    image: { repository, tag, pullPolicy: 'IfNotPresent' },
    auth: { enabled: false },
    crds: { enabled: true },
    services: { topologySpread: [], resources },
    merger: { resources },
    gateway: { resources },
    jobs: { cores: 0.1, memoryMb: 1024, gpu: { enabled: true, computeOnCpu: true } },
    nats: { topologySpread: [], jetstream: { size: '1Gi' }, resources: { requests: { cpu: '20m', memory: '32Mi' } } },
  };
}

/** Where no node has a GPU, the first one says that it has four. */
export async function offerGpus({ kubectl }: Release): Promise<void> {
  const { items } = JSON.parse(await kubectl('get', 'nodes', '-o', 'json')) as {
    items: { metadata: { name: string }; status: { capacity: Record<string, string> } }[];
  };
  if (items.some(({ status }) => Number(status.capacity['nvidia.com/gpu'] ?? 0) > 0)) return;
  const patch = JSON.stringify({ status: { capacity: { 'nvidia.com/gpu': '4' } } });
  await kubectl('patch', 'node', items[0]!.metadata.name, '--subresource', 'status', '--type', 'merge', '-p', patch);
}
