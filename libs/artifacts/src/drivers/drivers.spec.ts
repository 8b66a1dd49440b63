import { temporaryFolder } from '@medlego/testing';
import { createArtifactStore } from '../create-store.ts';
import { openArtifactStore } from '../open-store.ts';
import { createMemoryDriver, describeArtifactDriver, describeArtifactStore } from '../testing/index.ts';
import { createDiskDriver } from './disk.ts';

describeArtifactDriver('disk', () => createDiskDriver(temporaryFolder()));
describeArtifactDriver('memory', () => createMemoryDriver());
describeArtifactStore('on a disk', () => openArtifactStore({ root: temporaryFolder() }));
describeArtifactStore('in memory', () => createArtifactStore({ driver: createMemoryDriver() }));
