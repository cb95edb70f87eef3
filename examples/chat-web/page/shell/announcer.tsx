import { useEffect, useRef, useState } from 'react';
import { useChat, useSession } from '../account/session.ts';
import { summaryOf } from '../conversations/preview.ts';
import { useTitleOf } from '../conversations/title.ts';
import { useNameOf } from '../people/use-names.ts';

/** So many that came while catching up are said one by one; of more only the number: a thousand lines help nobody. */
const FEW = 3;

/** Says new messages of others to those who listen to the page; what comes while catching up, also from a tab that led, at its end. */
export function Announcer({ open }: { readonly open: string | null }) {
  const chat = useChat();
  const { account } = useSession();
  const nameOf = useNameOf();
  const titleOf = useTitleOf();
  const [said, setSaid] = useState('');
  /** The first few, and how many there are. */
  const waiting = useRef<{ lines: string[]; count: number }>({ lines: [], count: 0 });

  useEffect(() => {
    const say = (): void => {
      const { lines, count } = waiting.current;
      if (count === 0 || chat.connection.getSnapshot().state !== 'live') return;
      waiting.current = { lines: [], count: 0 };
      setSaid(count <= FEW ? lines.join('\n') : `${count.toLocaleString()} new messages`);
    };
    const unsubscribe = [
      chat.on('message', (message) => {
        if (message.senderId === account.id) return;
        waiting.current.count += 1;
        if (waiting.current.count <= FEW) {
          const name = nameOf(message.senderId);
          const item = chat.conversation(message.conversationId).item.getSnapshot();
          const where = titleOf(item ?? message);
          const from = message.conversationId === open || where === name ? name : `${name} in ${where}`;
          waiting.current.lines.push(`${from}: ${summaryOf(message)}`);
        }
        say();
      }),
      chat.on('connection', say),
    ];
    return () => {
      for (const end of unsubscribe) end();
    };
  }, [chat, account, nameOf, titleOf, open]);

  return (
    <p className="hidden-text" role="log" aria-live="polite" aria-label="New messages">
      {said}
    </p>
  );
}
