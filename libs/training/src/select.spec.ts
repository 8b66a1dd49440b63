import { describe, expect, it } from 'vitest';
import { InvalidValueError } from '@medlego/errors';
import type { EpochMetrics, EpochRecord } from './checkpoint/checkpoint.ts';
import { bestOf, hasLostPatience, isBetter } from './select.ts';

const record = (epoch: number, val: EpochMetrics): EpochRecord => ({ epoch, trainLoss: 1, penalty: 0, val });

describe('choosing the best epoch', () => {
  it('takes higher accuracy and AUC, lower loss', () => {
    expect(isBetter('acc', { acc: 0.9, loss: 2 }, { acc: 0.8, loss: 1 })).toBe(true);
    expect(isBetter('auc', { auc: 0.7 }, { auc: 0.8 })).toBe(false);
    expect(isBetter('loss', { loss: 0.5 }, { loss: 0.6 })).toBe(true);
  });

  it('decides equal accuracy by the loss, and keeps the earlier of full ties', () => {
    expect(isBetter('acc', { acc: 0.8, loss: 0.4 }, { acc: 0.8, loss: 0.5 })).toBe(true);
    expect(isBetter('acc', { acc: 0.8, loss: 0.5 }, { acc: 0.8, loss: 0.5 })).toBe(false);
    const history = [0.5, 0.7, 0.7].map((acc, epoch) => record(epoch, { acc, loss: 1 }));
    expect(bestOf('acc', history)).toBe(1);
  });

  it('`last` takes the last', () => {
    const history = [0.9, 0.1].map((acc, epoch) => record(epoch, { acc, loss: 1 }));
    expect(bestOf('last', history)).toBe(1);
  });

  it('refuses to choose by an AUC that validation does not have', () => {
    expect(() => isBetter('auc', { auc: null }, { auc: null })).toThrow(InvalidValueError);
    expect(() => isBetter('auc', { auc: null }, { auc: null })).toThrow(/selectBy/);
  });

  it('loses patience after as many looks without anything better', () => {
    const history = [1, 0.8, 0.9, 0.85].map((loss, epoch) => record(epoch, { loss }));
    expect(hasLostPatience('loss', history, 2)).toBe(true);
    expect(hasLostPatience('loss', history, 3)).toBe(false);
    expect(hasLostPatience('loss', history, null)).toBe(false);
    expect(hasLostPatience('last', history, 1)).toBe(false);
  });
});
