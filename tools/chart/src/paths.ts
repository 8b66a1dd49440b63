import { join } from 'node:path';

export const workspaceRoot = join(import.meta.dirname, '..', '..', '..');
export const chartFolder = join(workspaceRoot, 'helm', 'medlego');
