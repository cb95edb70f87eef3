import { useState } from 'react';
import { Avatar } from '../ui/avatar.tsx';
import form from '../ui/form.module.css';
import { byName, matching } from './people-search.ts';
import { SearchField } from './search-field.tsx';
import { usePeople } from './use-names.ts';

/** More are drawn by nobody's wish: who looks for one of them types. */
const MAX_SHOWN = 200;

export function PeoplePicker(props: {
  readonly except: readonly string[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}) {
  const { except, chosen, onChange } = props;
  const people = usePeople();
  const [typed, setTyped] = useState('');
  const others = [...people.values()].filter(({ id }) => !except.includes(id)).sort(byName);
  const found = new Set(matching(others, typed));
  const all = others.filter((person) => found.has(person) || chosen.includes(person.id));
  const shown = all.slice(0, MAX_SHOWN);
  return (
    <>
      <SearchField value={typed} isFirst onChange={setTyped} />
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
      <p className={form.note} role="status">
        {all.length === 0 && 'Nobody of that name.'}
        {all.length > MAX_SHOWN && `${all.length - MAX_SHOWN} more: type a part of the name.`}
      </p>
    </>
  );
}
