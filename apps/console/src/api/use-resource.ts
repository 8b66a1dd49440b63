import { useEffect, useState } from 'preact/hooks';
import { ApiError, getJson } from './client.ts';

export type Resource<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: T; readonly reload: () => void }
  | { readonly state: 'failed'; readonly error: ApiError; readonly reload: () => void };

/**
 * A JSON document of the API. With `everyMs` it is asked for again, one request after the other; a poll that fails keeps the
 * last answer unless there is none.
 *
 * @param path null for "not now"
 */
export function useResource<T>(path: string | null, everyMs?: number): Resource<T> {
  const [resource, setResource] = useState<Resource<T>>({ state: 'loading' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const reload = () => setRound((current) => current + 1);
    setResource({ state: 'loading' });
    const load = async (): Promise<void> => {
      try {
        const value = await getJson<T>(path, stop.signal);
        setResource({ state: 'ready', value, reload });
      } catch (cause) {
        if (stop.signal.aborted) return;
        const error = cause instanceof ApiError ? cause : new ApiError(0, String(cause));
        setResource((last) => (last.state === 'ready' ? last : { state: 'failed', error, reload }));
      }
      if (everyMs !== undefined && !stop.signal.aborted) timer = setTimeout(() => void load(), everyMs);
    };
    void load();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, round]);
  return resource;
}
