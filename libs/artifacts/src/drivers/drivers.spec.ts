import { temporaryFolder } from '@medlego/testing';
import { createMemoryDriver, describeArtifactDriver } from '../testing/index.ts';
import { createDiskDriver } from './disk.ts';

describeArtifactDriver('disk', () => createDiskDriver(temporaryFolder()));
describeArtifactDriver('memory', () => createMemoryDriver());
