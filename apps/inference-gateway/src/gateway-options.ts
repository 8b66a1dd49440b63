import type { Writable } from 'node:stream';
import type { Authenticator } from '@medlego/access';
import type { Registry } from '@medlego/registry';
import type { ServerTls } from '@medlego/rpc';
import type { RateLimit } from './access/gate.ts';
import type { InputLimits } from './inputs/tensor.ts';
import type { ModelHostOptions } from './models/model-host.ts';

export interface GatewayOptions extends ModelHostOptions {
  /** Names of specialists and generalists in the store. */
  readonly models: readonly string[];
  /** Also serves every generalist that the registry has a promoted version of, as soon as it has; until then the server is ready with no model. */
  readonly followPromoted?: boolean;
  /** Default: 127.0.0.1, this machine only. Others need an `authenticator`, or `insecure`. */
  readonly host?: string;
  /** 0 (default): any free port. */
  readonly port?: number;
  readonly grpcPort?: number;
  /** Of a listener with `/livez`, `/readyz`, `/metrics` and changes of models, which the public ports then have not; 0: any free one. Default: none. */
  readonly adminPort?: number;
  /** Default: 127.0.0.1. Probes and Prometheus reach it in the clear, so keep it inside a closed network. */
  readonly adminHost?: string;
  /** How long `close` says "not ready" and still answers, so that load balancers that ask send nothing more; default 0. */
  readonly announceMs?: number;
  /** Encrypts REST and gRPC. */
  readonly tls?: ServerTls;
  readonly limits?: Partial<InputLimits>;
  /** Of a REST body or gRPC message; default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** Who may do what; the caller closes it. Default: everyone may read and predict. */
  readonly authenticator?: Authenticator;
  /** A token that may do everything, beside those of `authenticator`. */
  readonly adminToken?: string;
  /** Lets everyone in although other machines can reach the server. */
  readonly insecure?: boolean;
  /** Of each caller, REST and gRPC together; default: none. */
  readonly rateLimit?: RateLimit;
  /** Where predictions, changes and refusals are noted as JSON lines, without anything of a patient: a file, or a stream that stays open. */
  readonly auditLog?: Writable | string;
  /** Origins whose pages may ask; `*`: all. Default: the console's own only. */
  readonly cors?: readonly string[];
  /** gRPC reflection; default true. */
  readonly reflection?: boolean;
  readonly consoleFolder?: string;
  /** Whose runs the console shows, and whose decisions are followed: of a generalist that it knows only a promoted version is served. The caller closes it. */
  readonly registry?: Registry;
  readonly log?: boolean;
  /** Prometheus text of the process, shown beside the models' own metrics. */
  readonly processMetrics?: () => Promise<string>;
  /** How often the store is asked whether names have moved on; default 2000. */
  readonly followEveryMs?: number;
}
