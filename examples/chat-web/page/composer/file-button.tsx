import { useRef } from 'react';
import { IconButton } from '../ui/button.tsx';

/** Opens the chooser of the system; any files, several at once. */
export function FileButton(props: { readonly disabled: boolean; readonly onFiles: (files: readonly File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="clip" label="Send files" disabled={props.disabled} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to send"
        onChange={({ target }) => {
          props.onFiles([...(target.files ?? [])]);
          // The same one may be chosen again.
          target.value = '';
        }}
      />
    </>
  );
}
