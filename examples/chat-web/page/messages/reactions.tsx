import type { MessageReaction } from '@tidemark/client';
import { useSession } from '../account/session.ts';
import { useNameOf } from '../people/use-names.ts';
import styles from './reactions.module.css';
import { canSwitch } from './rows.ts';

/** A key may be a word. */
const EMOJI = /\p{Emoji_Presentation}|\u{fe0f}/u;

/** The reactions to a message, each a switch of the user's own. Without `onReact` they are shown, and no more. */
export function Reactions(props: {
  readonly reactions: readonly MessageReaction[];
  readonly isOwn: boolean;
  readonly onReact?: ((key: string, on: boolean) => void) | undefined;
}) {
  const { reactions, isOwn, onReact } = props;
  const whoOf = useWhoOf();
  if (reactions.length === 0) return null;
  return (
    <ul className={styles.chips} aria-label="Reactions" data-own={isOwn || undefined}>
      {reactions.map((reaction) => {
        const { key, mine } = reaction;
        const count = reaction.count.toLocaleString();
        const who = whoOf(reaction);
        const onSwitch = canSwitch(reactions, key) ? onReact : undefined;
        return (
          <li key={key}>
            <button
              type="button"
              className={styles.chip}
              aria-pressed={mine}
              aria-label={`${key} ${count}: ${who}`}
              aria-disabled={onSwitch === undefined}
              onClick={() => onSwitch?.(key, !mine)}
            >
              <span className={styles.key} data-emoji={EMOJI.test(key) || undefined}>
                {key}
              </span>{' '}
              {count}
            </button>
            <span className={styles.who} dir="auto" aria-hidden="true">
              {who}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** Who has reacted, such as `You, Bob Lindqvist and 3 others`. */
function useWhoOf(): (reaction: MessageReaction) => string {
  const { account } = useSession();
  const nameOf = useNameOf();
  return ({ count, mine, newest }) => {
    const others = newest.filter((userId) => userId !== account.id).map(nameOf);
    const named = mine ? ['You', ...others] : others;
    const rest = count - named.length;
    const last = rest > 0 ? `${rest.toLocaleString()} ${rest === 1 ? 'other' : 'others'}` : named.pop();
    return named.length > 0 ? `${named.join(', ')} and ${last}` : `${last}`;
  };
}
