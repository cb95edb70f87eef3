import type { ClientConnectionState } from '@tidemark/client';
import { useEffect, useState } from 'react';
import { useChat, useConnection } from '../account/session.ts';
import { Banner } from '../ui/banner.tsx';

/** Nothing while all is well; a moment of connecting is no news either. */
const CALM_MS = 700;

export function ConnectionBanner() {
  return (
    <div role="status">
      <Content />
    </div>
  );
}

function Content() {
  const state = useConnection();
  const chat = useChat();
  // In whichever tab the connection is.
  const reconnect = (): void => void chat.reconnect();
  const isLate = useLate(state.state);

  switch (state.state) {
    case 'live':
      return null;
    case 'connecting':
    case 'stopped':
      if (!isLate) return null;
      return <Banner look="calm">Connecting …</Banner>;
    case 'catching-up':
      if (!isLate) return null;
      return <Banner look="calm">{catchingUp(state.missing)}</Banner>;
    case 'waiting':
      return (
        <Banner look="warning" action="Try now" onAction={reconnect} more="What you send goes out when it is back.">
          No connection. <Countdown until={state.nextTryAt} />
        </Banner>
      );
    case 'offline':
      return (
        <Banner look="warning" more="What you send goes out when the network is back.">
          This device is offline.
        </Banner>
      );
    case 'kicked':
      return (
        <Banner look="warning" action="Take over" onAction={reconnect}>
          This session was ended from elsewhere.
        </Banner>
      );
    case 'incompatible':
      return (
        <Banner look="warning" action="Reload" onAction={() => location.reload()} more="Nothing you wrote is lost.">
          This page and the server are of different releases.
        </Banner>
      );
    case 'signed-out':
      return (
        <Banner
          look="warning"
          action="Sign in"
          onAction={() => location.replace('/?sign-in')}
          more="Nothing you wrote is lost."
        >
          Your sign-in has ended.
        </Banner>
      );
  }
}

function catchingUp(missing: number | null): string {
  if (missing === null) return 'Catching up …';
  return missing === 1 ? 'Catching up … 1 message' : `Catching up … ${missing.toLocaleString()} messages`;
}

/** Not said aloud each second: the sentence around it was said once. */
function Countdown({ until }: { readonly until: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  return <span aria-hidden="true">{seconds > 0 ? `Next try in ${seconds} s.` : 'Trying …'}</span>;
}

/** Whether the state has lasted. */
function useLate(state: ClientConnectionState['state']): boolean {
  const [late, setLate] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setLate(state), CALM_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return late === state;
}
