export { startNode, type Child, type ChildOutcome, type StartNodeOptions } from './child-process.ts';
export { expectClose, type Numbers, type Tolerance } from './expect-close.ts';
export { fakeClock, type FakeClock } from './fake-clock.ts';
export { expectNoLeakedTensors, type TensorCounter } from './leak-check.ts';
export { startNatsServer, type NatsServer, type NatsServerOptions } from './nats-server.ts';
export { startS3Server, type S3Server } from './s3-server.ts';
export { hasServer, serverProgram, startServer, type ServerProcess } from './server-program.ts';
export { sharedFolder, workspaceRoot } from './shared-folder.ts';
export { suiteFolder, temporaryFolder } from './temporary-folder.ts';
