import { useState } from 'react';
import { useSession } from '../account/session.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import form from '../ui/form.module.css';
import { byName, matching } from './people-search.ts';
import { SearchField } from './search-field.tsx';
import { useNameOf } from './use-names.ts';

/** From so many on one looks for somebody, and does not read. */
const MANY = 8;
/** More are drawn by nobody's wish. */
const MAX_SHOWN = 200;

/** Who is in a group, by name; with a field to find somebody where there are many. */
export function MemberList(props: {
  readonly title: string;
  readonly memberIds: readonly string[];
  readonly creator: string | null;
  readonly isBusy: boolean;
  /** Undefined: not this user's to do. */
  readonly onRemove: ((id: string) => void) | undefined;
}) {
  const { account } = useSession();
  const { memberIds, creator, onRemove } = props;
  const nameOf = useNameOf();
  const [typed, setTyped] = useState('');
  const members = memberIds.map((id) => ({ id, name: nameOf(id) })).sort(byName);
  const found = matching(members, typed);
  const shown = found.slice(0, MAX_SHOWN);
  return (
    <>
      {memberIds.length > MANY && <SearchField value={typed} onChange={setTyped} />}
      <ul className={form.people} aria-label={`Members of ${props.title}`}>
        {shown.map(({ id, name }) => {
          const notes = [id === account.id && 'you', id === creator && 'made the group'].filter(Boolean).join(', ');
          return (
            <li key={id} className={form.person}>
              <Avatar id={id} name={name} />
              <span dir="auto">
                {name} {notes && <span className={form.note}>{notes}</span>}
              </span>
              {onRemove && id !== account.id && (
                <IconButton
                  icon="close"
                  label={`Remove ${name}`}
                  disabled={props.isBusy}
                  onClick={() => onRemove(id)}
                />
              )}
            </li>
          );
        })}
      </ul>
      <p className={form.note} role="status">
        {found.length === 0 && 'Nobody of that name is in this group.'}
        {found.length > MAX_SHOWN && `${found.length - MAX_SHOWN} more: type a part of the name.`}
      </p>
    </>
  );
}
