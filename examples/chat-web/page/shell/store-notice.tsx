import { useSyncExternalStore } from 'react';
import { useSession } from '../account/session.ts';
import { Banner } from '../ui/banner.tsx';
import type { StoreProblem } from './store-news.ts';

const TEXT: Record<StoreProblem, string> = {
  evicted: 'What this browser kept of your messages was cleared. They come again from the server.',
  corrupt: 'What this browser kept of your messages could not be read. They come again from the server.',
  full: 'There is no room left on this device. You can go on, but what is new here is forgotten when you leave this page.',
  unavailable:
    'This browser cannot keep your messages at the moment. You can go on; do not close this page with unsent ones.',
  blocked: 'This browser does not keep your messages here. You can go on, but a reload forgets what is not sent.',
  newer: 'A newer version of this page was open in this browser. Reload to go on.',
};

/** Says what happened to the copy in this browser. Nothing needs doing when it is fetched again. */
export function StoreNotice() {
  const { storeNews } = useSession();
  const problem = useSyncExternalStore(storeNews.subscribe, storeNews.getSnapshot);
  const dismiss = (): void => {
    storeNews.dismiss();
    // Its button goes, and the focus would with it.
    document.querySelector('main')?.focus();
  };
  return (
    <div role="status">
      {problem && (
        <Banner
          look={problem === 'evicted' || problem === 'corrupt' ? 'calm' : 'warning'}
          action={problem === 'newer' ? 'Reload' : 'Dismiss'}
          onAction={problem === 'newer' ? () => location.reload() : dismiss}
        >
          {TEXT[problem]}
        </Banner>
      )}
    </div>
  );
}
