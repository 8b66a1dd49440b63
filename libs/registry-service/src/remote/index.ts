// An entry point of its own (`@medlego/registry-service/remote-store`): a client loads neither bus nor registry.
export { openRemoteStore, type RemoteStoreOptions } from './open-remote-store.ts';
