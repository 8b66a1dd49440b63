import type { RegistryServiceImplementation } from '@medlego/contracts/rpc';
import type { RegistryServiceOptions } from '../create-registry-service.ts';
import { toDeadLetterMessage } from '../messages.ts';
import { toPageSize } from '../requests.ts';

type Handlers = Pick<
  RegistryServiceImplementation,
  'listDeadLetters' | 'showDeadLetter' | 'replayDeadLetter' | 'removeDeadLetter'
>;

export const deadLetterHandlers = ({ bus: { deadLetters } }: RegistryServiceOptions): Handlers => ({
  async listDeadLetters({ durable, pageSize, pageToken }) {
    const limit = toPageSize(pageSize);
    const found = await deadLetters.list({
      limit: limit + 1, // one more tells whether there is a next page
      ...(durable !== '' && { durable }),
      ...(pageToken !== '' && { after: pageToken }),
    });
    const page = found.slice(0, limit);
    return {
      letters: page.map(toDeadLetterMessage),
      nextPageToken: found.length > limit ? page.at(-1)!.id : '',
    };
  },

  async showDeadLetter({ id }) {
    const { headers, data, ...letter } = await deadLetters.show(id);
    return { letter: toDeadLetterMessage(letter), headers: { ...headers }, data: Buffer.from(data) };
  },

  async replayDeadLetter({ id }) {
    await deadLetters.replay(id);
    return {};
  },

  async removeDeadLetter({ id }) {
    await deadLetters.remove(id);
    return {};
  },
});
