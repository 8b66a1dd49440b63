import type { RegistryServiceImplementation } from '@medlego/contracts/rpc';
import { InvalidValueError } from '@medlego/errors';
import type { RegistryServiceOptions } from '../create-registry-service.ts';
import { toStoredNameMessage } from '../messages.ts';
import { toKind, toKinds, toPageSize } from '../requests.ts';

type Handlers = Pick<RegistryServiceImplementation, 'removeName' | 'listStoredNames'>;

export const storedNameHandlers = ({ store }: RegistryServiceOptions): Handlers => ({
  async removeName({ kind, name }) {
    await store.removeName(toKind('kind', kind), name);
    return {};
  },

  async listStoredNames({ kinds, name, pageSize, pageToken }) {
    const limit = toPageSize(pageSize);
    if (name !== '') {
      const [kind] = toKinds(kinds).kind ?? [];
      if (!kind || kinds.length > 1)
        throw new InvalidValueError({ field: 'kinds', expected: 'one, with a name', actual: kinds.length });
      return { names: [toStoredNameMessage(await store.history(kind, name))], nextPageToken: '' };
    }
    const wanted = toKinds(kinds).kind;
    const all = (await store.listNames()).filter(({ kind }) => wanted === undefined || wanted.includes(kind));
    const keyOf = ({ kind, name: text }: (typeof all)[number]) => `${kind}/${text}`;
    const from = pageToken === '' ? 0 : all.findIndex((history) => keyOf(history) === pageToken) + 1;
    if (pageToken !== '' && from === 0)
      throw new InvalidValueError({ field: 'page_token', expected: 'that of a page before', actual: pageToken });
    const page = all.slice(from, from + limit);
    const isLast = from + page.length >= all.length;
    return { names: page.map(toStoredNameMessage), nextPageToken: isLast ? '' : keyOf(page.at(-1)!) };
  },
});
