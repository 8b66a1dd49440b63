export { connectRpc, type ClientTls, type RpcClientOptions, type RpcConnection } from './client/connect-rpc.ts';
export { resumeWatch, type ResumeOptions } from './client/resume-watch.ts';
export { publicError, type PublicError } from './errors/public-error.ts';
export { RemoteError } from './errors/remote-error.ts';
export { callerOf } from './server/caller.ts';
export { serverCredentials, type ServerTls } from './server/credentials.ts';
export { startRpcServer, type RpcServer, type RpcServerOptions } from './server/start-rpc-server.ts';
export { rpcService, type RpcService } from './service.ts';
