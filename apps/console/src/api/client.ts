/** A refusal or failure of the server, in the server's words. `status` 0: no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const base = '/api/v1';

/** Held in memory only: closing or reloading the page forgets it. */
let token: string | undefined;

export const hasToken = (): boolean => token !== undefined;

/** Value of the `Authorization` header; null without a token. */
export const authorization = (): string | null => (token === undefined ? null : `Bearer ${token}`);

/** @param value empty to forget */
export function setToken(value: string): void {
  token = value === '' ? undefined : value;
}

/** A path under the API, such as `modelPath('demo', 'lineage')`. */
export const modelPath = (name: string, ...rest: readonly string[]): string =>
  ['/models', encodeURIComponent(name), ...rest].join('/');

/** Address of a model's ONNX graph; the artifact makes another version another address. */
export const graphUrl = (name: string, artifact: string): string =>
  `${base}${modelPath(name, 'graph.onnx')}?artifact=${encodeURIComponent(artifact)}`;

/** Asks the server to load the newest version of a model or to go back to the one before; needs the admin token. @throws ApiError */
export const changeServed = (name: string, action: 'load' | 'rollback'): Promise<Response> =>
  request(`/models/${encodeURIComponent(name)}/${action}`, { method: 'POST' }, '/v2/repository');

/** @throws ApiError */
export async function request(path: string, init: RequestInit = {}, under = base): Promise<Response> {
  const headers = new Headers(init.headers);
  const bearer = authorization();
  if (bearer) headers.set('authorization', bearer);
  let response: Response;
  try {
    response = await fetch(`${under}${path}`, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, 'The server does not answer.');
  }
  if (!response.ok) throw new ApiError(response.status, await errorText(response));
  return response;
}

/** @throws ApiError */
export const getJson = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await (await request(path, { signal })).json()) as T;

async function errorText(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // Not JSON, as from a proxy in between: the status has to do.
  }
  return `The server answered with status ${response.status}.`;
}
