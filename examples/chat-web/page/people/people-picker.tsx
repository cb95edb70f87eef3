import { useState } from 'react';
import { Avatar } from '../ui/avatar.tsx';
import form from '../ui/form.module.css';
import { usePeople } from './use-names.ts';

export function PeoplePicker(props: {
  readonly except: readonly string[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}) {
  const { except, chosen, onChange } = props;
  const people = usePeople();
  const [filter, setFilter] = useState('');
  const needle = filter.trim().toLocaleLowerCase();
  const shown = [...people.values()].filter(
    ({ id, name }) => !except.includes(id) && (chosen.includes(id) || name.toLocaleLowerCase().includes(needle)),
  );
  return (
    <>
      <label className={form.field}>
        <span className="hidden-text">Filter people</span>
        <input
          type="search"
          value={filter}
          placeholder="Find people"
          // biome-ignore lint/a11y/noAutofocus: a dialog begins at its first field
          autoFocus
          onChange={(event) => setFilter(event.target.value)}
        />
      </label>
      <ul className={form.people} aria-label="People">
        {shown.map(({ id, name }) => (
          <li key={id}>
            <label className={form.person}>
              <Avatar id={id} name={name} />
              <span dir="auto">{name}</span>
              <input
                type="checkbox"
                checked={chosen.includes(id)}
                onChange={(event) =>
                  onChange(event.target.checked ? [...chosen, id] : chosen.filter((each) => each !== id))
                }
              />
            </label>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className={form.note}>Nobody of that name.</p>}
    </>
  );
}
