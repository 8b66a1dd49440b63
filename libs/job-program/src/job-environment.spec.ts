import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseComputeEnvironment, parseJobCall, parseJobEnvironment } from './job-environment.ts';

const least = { MEDLEGO_ADDRESS: 'trainer:7070', MEDLEGO_STORE: 'service' };

describe('what a Job is told', () => {
  it('names its run', () => {
    expect(parseJobCall(['job', '--run', 'training-1'])).toBe('training-1');
    for (const argv of [
      [],
      ['job'],
      ['job', '--run'],
      ['job', '--run', ''],
      ['serve', '--run', 'x'],
      ['job', '--ran', 'x'],
    ])
      expect(() => parseJobCall(argv)).toThrow('expected job --run ID');
  });

  it('says where services, store and own files are', () => {
    expect(parseJobEnvironment(least)).toEqual({
      rpc: { address: 'trainer:7070' },
      store: 'service',
      home: resolve('.medlego'),
    });
    const more = { ...least, MEDLEGO_TOKEN: 't', MEDLEGO_TLS_CA: '/ca.pem', MEDLEGO_HOME: '/work' };
    expect(parseJobEnvironment(more)).toMatchObject({
      rpc: { token: 't', tls: { ca: '/ca.pem' } },
      home: resolve('/work'),
    });
    expect(() => parseJobEnvironment({ ...least, MEDLEGO_ADDRESS: '' })).toThrow('MEDLEGO_ADDRESS: expected host:port');
    expect(() => parseJobEnvironment({ MEDLEGO_ADDRESS: 'a:1' })).toThrow('MEDLEGO_STORE: expected service, a folder');
  });

  it('says what to compute with', () => {
    expect(parseComputeEnvironment({})).toEqual({ device: 'cpu', threads: undefined });
    expect(parseComputeEnvironment({ MEDLEGO_DEVICE: 'cuda', MEDLEGO_THREADS: '2' })).toEqual({
      device: 'cuda',
      threads: 2,
    });
    expect(() => parseComputeEnvironment({ MEDLEGO_DEVICE: 'gpu' })).toThrow(
      'MEDLEGO_DEVICE: expected cpu or cuda, got gpu',
    );
    expect(() => parseComputeEnvironment({ MEDLEGO_THREADS: '0' })).toThrow('MEDLEGO_THREADS: expected a whole number');
  });
});
