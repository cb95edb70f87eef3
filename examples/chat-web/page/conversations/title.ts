import { isBlank } from '../../server/visible-text.ts';
import { useSession } from '../account/session.ts';
import { useNameOf } from '../people/use-names.ts';

/** What a conversation is called, for this user. `peer` and `title` as its line in the list has them, when there is one. */
export function useTitleOf(): (conversation: {
  readonly conversationId: string;
  readonly title?: string | null;
}) => string {
  const nameOf = useNameOf();
  const { account } = useSession();
  return ({ conversationId, title }) => {
    const peer = peerOf(conversationId, account.id);
    if (peer !== undefined) return nameOf(peer);
    if (conversationId.startsWith('u:')) return 'Notes to myself';
    return title && !isBlank(title) ? title : 'Group without a name';
  };
}

/** The other user of `d:<a>,<b>`. */
export function peerOf(conversationId: string, userId: string): string | undefined {
  if (!conversationId.startsWith('d:')) return undefined;
  return conversationId
    .slice(2)
    .split(',')
    .find((each) => each !== userId);
}
