import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new empty folder, removed with all it holds when the running test ends. Call it inside a test or a `beforeEach`. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'medlego-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
