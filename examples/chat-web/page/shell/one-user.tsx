import { Component, type ReactNode, Suspense, use } from 'react';
import {
  ChatProvider,
  openSession,
  type Session,
  SessionProvider,
  useIsSignedOutElsewhere,
} from '../account/session.ts';
import { Button } from '../ui/button.tsx';
import { ChatScreen } from './chat-screen.tsx';
import styles from './one-user.module.css';

const sessions = new Map<string, Promise<Session>>();

/** Once per window: a client outlives what React renders. */
function sessionOf(userId: string): Promise<Session> {
  const session = sessions.get(userId) ?? openSession(userId);
  sessions.set(userId, session);
  return session;
}

export function OneUser({ userId }: { readonly userId: string }) {
  return (
    <Failed>
      <Suspense fallback={<p className={styles.note}>Signing in …</p>}>
        <SignedIn session={sessionOf(userId)} />
      </Suspense>
    </Failed>
  );
}

function SignedIn(props: { readonly session: Promise<Session> }) {
  const session = use(props.session);
  if (useIsSignedOutElsewhere(session)) return <SignedOutElsewhere />;
  return (
    <SessionProvider value={session}>
      <ChatProvider client={session.chat}>
        <ChatScreen />
      </ChatProvider>
    </SessionProvider>
  );
}

function SignedOutElsewhere() {
  return (
    <main className={styles.failed}>
      <div role="status">
        <h1>Your sign-in has ended</h1>
        <p>You signed out in another tab. Messages, drafts and what waited to be sent were removed from this device.</p>
      </div>
      <Button look="main" onClick={() => location.replace('/?sign-in')}>
        Sign in
      </Button>
    </main>
  );
}

class Failed extends Component<{ readonly children: ReactNode }, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    if (!this.state.error) return this.props.children;
    return (
      <main className={styles.failed}>
        <h1>This did not work</h1>
        <p>{this.state.error.message}</p>
        <Button look="main" onClick={() => location.reload()}>
          Try again
        </Button>
      </main>
    );
  }
}
