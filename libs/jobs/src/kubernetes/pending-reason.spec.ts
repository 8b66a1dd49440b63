import { describe, expect, it } from 'vitest';
import { pendingReason, suspendedReason } from './pending-reason.ts';

const unscheduled = (message: string) =>
  pendingReason({
    status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
  });
const waiting = (reason: string, message?: string) =>
  pendingReason({
    status: {
      containerStatuses: [
        {
          name: 'job',
          image: 'medlego:1',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason, message } },
        },
      ],
    },
  });

describe('pendingReason', () => {
  it('says which resource is missing and that waiting may help', () => {
    const reason = unscheduled(
      '0/3 nodes are available: 2 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint {pool: web}. preemption: 0/3',
    );
    expect(reason).toEqual({
      words: 'no node has a free nvidia.com/gpu; nodes have taints that the job does not tolerate {pool: web}',
      hopeless: false,
    });
  });

  it('knows labels, cordoned nodes and causes that it has no words for', () => {
    expect(
      unscheduled("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.")?.words,
    ).toContain('labels');
    expect(unscheduled('0/1 nodes are available: 1 node(s) were unschedulable.')?.words).toBe('nodes are cordoned');
    expect(unscheduled('something new')?.words).toBe('cannot be scheduled (something new)');
  });

  it('calls a wrong image or a missing Secret hopeless, but not a first failed pull', () => {
    expect(waiting('ErrImagePull')).toMatchObject({ hopeless: false });
    expect(waiting('ImagePullBackOff', 'not found')).toEqual({
      words: 'the image medlego:1 cannot be pulled (not found)',
      hopeless: true,
    });
    expect(waiting('CreateContainerConfigError')).toMatchObject({ hopeless: true });
    expect(waiting('ContainerCreating')).toBeUndefined();
  });

  it('names the queue of a suspended job', () => {
    expect(suspendedReason({ metadata: { labels: { 'kueue.x-k8s.io/queue-name': 'gpus' } } })).toBe(
      'waits for room in the queue gpus',
    );
    expect(suspendedReason({})).toBe('suspended by an administrator');
  });
});
