import { useState } from 'react';
import { useSession } from '../account/session.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import form from '../ui/form.module.css';

/** Asks first: what is not sent yet is lost. Without the server the session there goes on, which is said before it is chosen. */
export function SignOutDialog({ onClose }: { readonly onClose: () => void }) {
  const { signOut } = useSession();
  const [isBusy, setBusy] = useState(false);
  const [isUnreachable, setUnreachable] = useState(false);

  async function leave(): Promise<void> {
    setBusy(true);
    try {
      await signOut({ onlyHere: isUnreachable });
      location.replace('/?sign-in');
    } catch {
      setUnreachable(true);
      setBusy(false);
    }
  }

  return (
    <Dialog title="Sign out?" onClose={onClose}>
      <div className={form.content}>
        <p>Messages, drafts and what waits to be sent are removed from this device. The server keeps what it has.</p>
      </div>
      <footer className={form.actions}>
        <p role="alert" className={form.problem}>
          {isUnreachable &&
            'The server does not answer, so your session can’t be ended there now. It ends by itself after 30 days.'}
        </p>
        <Button onClick={onClose}>Stay</Button>
        <Button look="main" disabled={isBusy} onClick={() => void leave()}>
          {isUnreachable ? 'Sign out here only' : 'Sign out'}
        </Button>
      </footer>
    </Dialog>
  );
}
