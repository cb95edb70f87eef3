import type { FileRef } from '@tidemark/content';
import { useEffect, useState } from 'react';
import { useSession } from '../account/session.ts';
import type { Source } from './files.ts';

export type Shown = { readonly state: 'loading' | 'failed' } | { readonly state: 'here'; readonly url: string };

/** An address of the file's bytes for as long as the component is there; `retry` asks again. */
export function useFileUrl(of: Source | FileRef): Shown & { retry(): void } {
  const { files } = useSession();
  const [shown, setShown] = useState<Shown>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const key = 'blob' in of ? of.blob : of.ref;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says which file it is
  useEffect(() => {
    let url: string | undefined;
    let isGone = false;
    files.read(of).then(
      (blob) => {
        if (isGone) return;
        url = URL.createObjectURL(blob);
        setShown({ state: 'here', url });
      },
      () => {
        if (!isGone) setShown({ state: 'failed' });
      },
    );
    return () => {
      isGone = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [files, key, attempt]);

  return {
    ...shown,
    retry: () => {
      setShown({ state: 'loading' });
      setAttempt((count) => count + 1);
    },
  };
}
