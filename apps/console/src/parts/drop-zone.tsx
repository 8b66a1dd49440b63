import { useState } from 'preact/hooks';

/** Takes one file: dropped, or chosen with the keyboard or a finger. */
export function DropZone({ onFile }: { readonly onFile: (file: File) => void }) {
  const [over, setOver] = useState(false);
  return (
    <label
      class={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) onFile(file);
      }}
    >
      <strong>Drop an image here</strong>
      <span class="muted">or choose one: PNG, JPEG or DICOM</span>
      <input
        type="file"
        accept="image/png,image/jpeg,image/webp,.dcm,application/dicom"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onFile(file);
          event.currentTarget.value = ''; // the same file again is a new question
        }}
      />
    </label>
  );
}
