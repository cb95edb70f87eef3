import { useState } from 'react';
import { DEMO_PEOPLE } from '../../server/demo-people.ts';
import { ThemeButton } from '../shell/theme-button.tsx';
import { Icon } from '../ui/icon.tsx';
import styles from './side-by-side.module.css';

const SIDES = ['left', 'right'] as const;

/** Two windows in one: each frame is a client of its own, with its own user, socket and local store. */
export function SideBySide() {
  const [users, setUsers] = useState<readonly [string, string]>(['alice', 'bob']);
  const [front, setFront] = useState(0);
  return (
    <div className={styles.page} data-front={SIDES[front]}>
      <header className={styles.head}>
        <span className={styles.brand}>
          <Icon name="wave" size={22} />
          <h1>Tidemark chat</h1>
        </span>
        <fieldset className={styles.tabs}>
          <legend className="hidden-text">Whose window</legend>
          {users.map((user, index) => (
            <button key={SIDES[index]} type="button" aria-pressed={front === index} onClick={() => setFront(index)}>
              {firstName(user)}
            </button>
          ))}
        </fieldset>
        <ThemeButton />
      </header>
      {users.map((user, index) => (
        <section key={SIDES[index]} className={styles.pane} data-side={SIDES[index]} aria-label={`Window of ${user}`}>
          <div className={styles.bar}>
            <label>
              <span className="hidden-text">User of the {SIDES[index]} window</span>
              <select
                value={user}
                onChange={(event) =>
                  setUsers(index === 0 ? [event.target.value, users[1]] : [users[0], event.target.value])
                }
              >
                {DEMO_PEOPLE.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <a href={`/?user=${encodeURIComponent(user)}`} target="_blank" rel="noreferrer">
              Own window <Icon name="window" size={16} />
            </a>
          </div>
          <iframe key={user} src={`/?user=${encodeURIComponent(user)}`} title={`Chat of ${user}`} />
        </section>
      ))}
    </div>
  );
}

function firstName(id: string): string {
  return DEMO_PEOPLE.find((person) => person.id === id)?.name.split(' ')[0] ?? id;
}
