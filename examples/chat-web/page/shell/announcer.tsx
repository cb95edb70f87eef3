import { useEffect, useState } from 'react';
import { useChat, useSession } from '../account/session.ts';
import { summaryOf } from '../conversations/preview.ts';
import { useTitleOf } from '../conversations/title.ts';
import { useNameOf } from '../people/use-names.ts';

/** Says new messages of others to those who listen to the page. Not while catching up: a thousand lines help nobody. */
export function Announcer({ open }: { readonly open: string | null }) {
  const chat = useChat();
  const { account } = useSession();
  const nameOf = useNameOf();
  const titleOf = useTitleOf();
  const [said, setSaid] = useState('');

  useEffect(
    () =>
      chat.on('message', (message) => {
        if (message.senderId === account.id || chat.connection.getSnapshot().state !== 'live') return;
        const name = nameOf(message.senderId);
        const item = chat.conversation(message.conversationId).item.getSnapshot();
        const where = titleOf(item ?? message);
        const from = message.conversationId === open || where === name ? name : `${name} in ${where}`;
        setSaid(`${from}: ${summaryOf(message)}`);
      }),
    [chat, account, nameOf, titleOf, open],
  );

  return (
    <p className="hidden-text" role="log" aria-live="polite" aria-label="New messages">
      {said}
    </p>
  );
}
