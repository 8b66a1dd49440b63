import { type ComponentChildren } from 'preact';
import { type Resource } from '../api/use-resource.ts';

interface LoadedProps<T> {
  readonly of: Resource<T>;
  /** What to say where the server has none (status 404). */
  readonly none?: string;
  readonly children: (value: T) => ComponentChildren;
}

/** Shows a document, or that it is on its way, or why it is not there. */
export function Loaded<T>({ of, none, children }: LoadedProps<T>) {
  if (of.state === 'loading') return <p class="muted">Loading …</p>;
  if (of.state === 'ready') return <>{children(of.value)}</>;
  if (of.error.status === 404 && none) return <p class="muted">{none}</p>;
  return (
    <div class="notice" role="alert">
      <p>{of.error.message}</p>
      <button type="button" onClick={of.reload}>
        Try again
      </button>
    </div>
  );
}
