// For the libraries that keep something else in the same broker: how to connect, check and report.
export { connectNats, oldestServer, type NatsClient, type NatsOptions } from './connect.ts';
export { toBrokerError } from './errors.ts';
export { ensureStreamConfig } from './streams.ts';
