/** All of a listing that comes in pages. @param fetch gives the page after a token @param first token to begin with */
export async function* allPages<T>(
  fetch: (pageToken: string) => Promise<{ readonly items: readonly T[]; readonly nextPageToken: string }>,
  first = '',
): AsyncIterable<T> {
  let token = first;
  do {
    const { items, nextPageToken } = await fetch(token);
    yield* items;
    token = nextPageToken;
  } while (token !== '');
}
