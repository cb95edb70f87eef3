import { isBlank } from '@tidemark/content';
import { kindOf, peerOf } from '@tidemark/core';
import { useSession } from '../account/session.ts';
import { useNameOf } from '../people/use-names.ts';

/** What a conversation is called, for this user. `peer` and `title` as its line in the list has them, when there is one. */
export function useTitleOf(): (conversation: {
  readonly conversationId: string;
  readonly title?: string | null;
  readonly settings?: { readonly remark: string | null } | undefined;
}) => string {
  const nameOf = useNameOf();
  const { account } = useSession();
  return ({ conversationId, title, settings }) => {
    if (settings?.remark) return settings.remark;
    const peer = peerOf(conversationId, account.id);
    if (peer !== undefined) return nameOf(peer);
    if (kindOf(conversationId) === 'self') return 'Notes to myself';
    return title && !isBlank(title) ? title : 'Group without a name';
  };
}
