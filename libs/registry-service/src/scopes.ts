import type { Scope } from '@medlego/access';
import type { RegistryServiceImplementation } from '@medlego/contracts/rpc';

/** What each method asks for. `cancelRun` asks further for the scope of the run's kind. */
export const registryScopes = {
  getArtifact: 'read',
  listArtifacts: 'read',
  getLineage: 'read',
  downloadBlob: 'read',
  findMissingBlobs: 'publish',
  uploadBlob: 'publish',
  putArtifact: 'publish',
  setName: 'publish',
  removeName: 'admin',
  listStoredNames: 'read',
  verifyArtifacts: 'read',
  collectGarbage: 'admin',
  listNames: 'read',
  getName: 'read',
  watchNames: 'read',
  getRun: 'read',
  listRuns: 'read',
  cancelRun: 'read',
  watchRuns: 'read',
  listDeadLetters: 'read',
  showDeadLetter: 'read',
  replayDeadLetter: 'admin',
  removeDeadLetter: 'admin',
} as const satisfies Readonly<Record<keyof RegistryServiceImplementation, Scope>>;
