/** Anything that can be given back: `engine.dispose()`, or the language's own protocol. */
export type DisposableResource = AsyncDisposable | Disposable | { dispose(): void | Promise<void> };

export interface Scope extends AsyncDisposable {
  /** Remembers a resource (or waits for one that is being opened) and returns it. */
  use<T extends DisposableResource>(resource: T | Promise<T>): Promise<T>;
  /** Remembers an action to run at the end. */
  defer(action: () => void | Promise<void>): void;
  /** Gives everything back, last first. One failure stops none of the others; several become one AggregateError. */
  dispose(): Promise<void>;
}

/**
 * Runs `body` and afterwards disposes, in reverse order, of all that it gave to `use` and `defer`, whether it returned or threw.
 * The failure of `body` wins over failures while disposing.
 */
export async function withScope<T>(body: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = createScope();
  let result: T;
  try {
    result = await body(scope);
  } catch (error) {
    await scope.dispose().catch(() => {}); // the first failure is the one to tell
    throw error;
  }
  await scope.dispose();
  return result;
}

export function createScope(): Scope {
  const actions: (() => void | Promise<void>)[] = [];
  const dispose = async () => {
    const failures: unknown[] = [];
    for (let action = actions.pop(); action; action = actions.pop()) {
      try {
        await action();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1)
      throw new AggregateError(failures, `${failures.length} resources could not be disposed of`);
  };
  return {
    async use(pending) {
      const resource = await pending;
      actions.push(() => disposeOf(resource));
      return resource;
    },
    defer: (action) => void actions.push(action),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

async function disposeOf(resource: DisposableResource): Promise<void> {
  if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
  else if (Symbol.dispose in resource) resource[Symbol.dispose]();
  else await resource.dispose();
}
