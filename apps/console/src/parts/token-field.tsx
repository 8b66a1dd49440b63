import { useState } from 'preact/hooks';
import { hasToken, setToken } from '../api/client.ts';

/** Takes a bearer token into memory. */
export function TokenField({ onChange }: { readonly onChange?: () => void }) {
  const [held, setHeld] = useState(hasToken());
  const [text, setText] = useState('');
  const keep = (value: string) => {
    setToken(value);
    setText('');
    setHeld(value !== '');
    onChange?.();
  };
  if (held)
    return (
      <p class="token">
        A token is held in this page’s memory.{' '}
        <button type="button" onClick={() => keep('')}>
          Forget it
        </button>
      </p>
    );
  return (
    <form
      class="token"
      onSubmit={(event) => {
        event.preventDefault();
        keep(text.trim());
      }}
    >
      <label for="token">Access token</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit">Use</button>
      <span class="muted">kept in memory only, gone when the page closes</span>
    </form>
  );
}
