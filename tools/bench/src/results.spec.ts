import { describe, expect, it } from 'vitest';
import { benches } from './registry.ts';
import { mergeFigures, resultsPage, type KeptFigure } from './results.ts';
import { median } from './timing.ts';

const machine = {
  cpu: 'Some CPU',
  cores: 2,
  memoryGb: 8,
  node: '22.0.0',
  onnxruntime: '1.30.0',
  threads: 2,
  load: 1.5,
};
const figure: KeptFigure = {
  command: 'npm run bench -- all',
  bench: 'train',
  size: 'd64l4',
  value: 100,
  unit: 'images/s',
  peakMb: 200,
  rounds: 3,
  others: 0.1,
  machine,
};

describe('resultsPage', () => {
  it('puts the figures of each bench into one table, with the peer where it was measured', () => {
    const page = resultsPage(benches, [
      { ...figure, bench: 'cli', size: '--help', unit: 'ms' },
      { ...figure, peer: 'pytorch+peft eager', peerValue: 50, peerPeakMb: 400, ratio: 2 },
    ]);
    expect(page.indexOf('d64l4')).toBeLessThan(page.indexOf('--help'));
    expect(page).toContain('| d64l4 | 100 | 50 (pytorch+peft eager) | 2 | 200 | 400 | 0.1 |');
    expect(page).toContain('| --help | 100 | - | - | 200 | - | 0.1 |');
    expect(page).not.toContain('Merge of 7 adapters');
  });

  it('says of every row which command gave it on which machine', () => {
    const page = resultsPage(benches, [
      figure,
      { ...figure, size: 'd128l6' },
      { ...figure, size: 'vit_b16', command: 'npm run bench -- train --size vit_b16' },
    ]);
    const where = 'on Some CPU, 2 cores, 8 GB, 2 threads; Node 22.0.0, onnxruntime-node 1.30.0';
    expect(page).toContain(`- \`d64l4\`, \`d128l6\`: \`npm run bench -- all\`, ${where}`);
    expect(page).toContain(`- \`vit_b16\`: \`npm run bench -- train --size vit_b16\`, ${where}`);
  });
});

describe('mergeFigures', () => {
  it('replaces what was measured again and keeps the rest', () => {
    const other = { ...figure, size: 'd128l6' };
    const fresh = { ...figure, value: 120 };
    expect(mergeFigures([figure, other], [fresh])).toEqual([other, fresh]);
  });
});

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});
