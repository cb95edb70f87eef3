import { useState } from 'react';
import { useSession } from '../account/session.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import dialogs from '../ui/form.module.css';
import styles from './profile-bar.module.css';
import { ThemeButton } from './theme-button.tsx';

export function ProfileBar({ onNew }: { readonly onNew: () => void }) {
  const { account, signOut } = useSession();
  const [isLeaving, setLeaving] = useState(false);

  async function leave(): Promise<void> {
    await signOut();
    location.replace('/?sign-in');
  }

  return (
    <header className={styles.bar}>
      <Avatar id={account.id} name={account.name} />
      <h1 className={styles.name}>
        <span className="hidden-text">Conversations of </span>
        {account.name}
      </h1>
      <ThemeButton />
      <IconButton icon="out" label="Sign out" onClick={() => setLeaving(true)} />
      <IconButton icon="plus" label="New conversation" onClick={onNew} />
      {isLeaving && (
        <Dialog title="Sign out?" onClose={() => setLeaving(false)}>
          <div className={dialogs.content}>
            <p>
              Messages, drafts and what waits to be sent are removed from this device. The server keeps what it has.
            </p>
          </div>
          <footer className={dialogs.actions}>
            <Button onClick={() => setLeaving(false)}>Stay</Button>
            <Button look="main" onClick={() => void leave()}>
              Sign out
            </Button>
          </footer>
        </Dialog>
      )}
    </header>
  );
}
