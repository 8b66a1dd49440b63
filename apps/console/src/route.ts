/** Pages about one model; each has an address of its own. */
export const modelPages = ['overview', 'try', 'merge', 'lineage'] as const;
export type ModelPage = (typeof modelPages)[number];

export type Route =
  | { readonly page: ModelPage; readonly model: string }
  | { readonly page: 'runs' | 'traffic' }
  | { readonly page: 'home' };

const isModelPage = (word: string | undefined): word is ModelPage => modelPages.some((page) => page === word);

/** `#/models/NAME/PAGE`, `#/runs` or `#/traffic`; anything else is home. */
export function parseRoute(hash: string): Route {
  const [first, model, page] = hash.replace(/^#\/?/, '').split('/').map(decodeSafely);
  if (first === 'models' && model) return { page: isModelPage(page) ? page : 'overview', model };
  if (first === 'runs' || first === 'traffic') return { page: first };
  return { page: 'home' };
}

/** The address of a route: the inverse of `parseRoute`. */
export function toHash(route: Route): string {
  if (route.page === 'home') return '#/';
  if ('model' in route) return `#/models/${encodeURIComponent(route.model)}/${route.page}`;
  return `#/${route.page}`;
}

function decodeSafely(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
