import { useState } from 'react';
import { useSession } from '../account/session.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import styles from './profile-bar.module.css';
import { SignOutDialog } from './sign-out-dialog.tsx';
import { ThemeButton } from './theme-button.tsx';

export function ProfileBar({ onNew }: { readonly onNew: () => void }) {
  const { account } = useSession();
  const [isLeaving, setLeaving] = useState(false);

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
      {isLeaving && <SignOutDialog onClose={() => setLeaving(false)} />}
    </header>
  );
}
