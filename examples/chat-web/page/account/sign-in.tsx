import { type FormEvent, useState } from 'react';
import { DEMO_PEOPLE } from '../../server/demo-people.ts';
import { NAME_RULE } from '../../server/person-name.ts';
import { ThemeButton } from '../shell/theme-button.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { signIn } from './account.ts';
import styles from './sign-in.module.css';

/** A demonstration's door: choose who you are, or say a name. */
export function SignIn() {
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function enter(who: string): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      const { id } = await signIn(who);
      location.replace(`/?user=${encodeURIComponent(id)}`);
    } catch (error) {
      setBusy(false);
      setProblem(
        error instanceof TypeError
          ? 'The server does not answer. Try again in a moment.'
          : String((error as Error).message),
      );
    }
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name.trim() !== '') void enter(name);
  }

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <span className={styles.mark}>
            <Icon name="wave" size={22} />
          </span>
          <h1>Who are you?</h1>
        </div>
        <ul className={styles.people} aria-label="People of this demonstration">
          {DEMO_PEOPLE.map((person) => (
            <li key={person.id}>
              <button type="button" className={styles.person} disabled={busy} onClick={() => void enter(person.id)}>
                <Avatar id={person.id} name={person.name} />
                <span>{person.name}</span>
              </button>
            </li>
          ))}
        </ul>
        <form onSubmit={submit} className={styles.other}>
          <label htmlFor="name">Somebody else</label>
          <div className={styles.row}>
            <input
              id="name"
              value={name}
              autoComplete="off"
              placeholder="Your name"
              aria-describedby="name-rule problem"
              onChange={(event) => setName(event.target.value)}
            />
            <Button type="submit" look="main" disabled={busy || name.trim() === ''}>
              Sign in
            </Button>
          </div>
          <p id="name-rule" className={styles.rule}>
            {NAME_RULE}
          </p>
          <p id="problem" role="alert" className={styles.problem}>
            {problem}
          </p>
        </form>
      </div>
      <div className={styles.corner}>
        <ThemeButton />
      </div>
    </main>
  );
}
