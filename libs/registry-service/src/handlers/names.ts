import type { RegistryServiceImplementation } from '@medlego/contracts/rpc';
import type { RegistryServiceOptions } from '../create-registry-service.ts';
import { toNameMessage } from '../messages.ts';
import { toPageSize } from '../requests.ts';

type Handlers = Pick<RegistryServiceImplementation, 'listNames' | 'getName' | 'watchNames'>;

/** Listings and watches tell the newest versions of a name, some hundreds; `getName` tells all. */
export const nameHandlers = ({ registry: { names } }: RegistryServiceOptions): Handlers => ({
  async listNames({ kinds, pageSize, pageToken }) {
    const page = await names.list({
      ...(kinds.length > 0 && { kinds }),
      limit: toPageSize(pageSize),
      ...(pageToken !== '' && { after: pageToken }),
    });
    return { names: page.names.map(toNameMessage), nextPageToken: page.next ?? '' };
  },

  async getName({ kind, name }) {
    const { revision } = await names.get(kind, name);
    return { name: toNameMessage({ ...(await names.history(kind, name)), revision }) };
  },

  async *watchNames({ kinds, names: wanted, afterRevision }, { signal }) {
    for await (const record of names.watch({ after: afterRevision, signal })) {
      const isWanted =
        (kinds.length === 0 || kinds.includes(record.kind)) && (wanted.length === 0 || wanted.includes(record.name));
      if (isWanted) yield { name: toNameMessage(record) };
    }
  },
});
