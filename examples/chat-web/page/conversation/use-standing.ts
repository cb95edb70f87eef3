import { kindOf, peerOf } from '@tidemark/core';
import { useEffect, useState } from 'react';
import { useConnection, useConversation, useConversations, useSession } from '../account/session.ts';
import { codeOf } from '../people/problem.ts';
import { usePeople } from '../people/use-names.ts';

/**
 * What this user can do in a conversation.
 *
 *  - `member`   read and write
 *  - `former`   read what was said until they left or were removed
 *  - `unknown`  nothing is known of it here, and the server has not been asked yet
 *  - `none`     there is no such conversation for them
 */
export type Standing = 'member' | 'former' | 'unknown' | 'none';

export function useStanding(conversationId: string): Standing {
  const { account, api, names } = useSession();
  const { item } = useConversation(conversationId);
  const isListed = useConversations().some((each) => each.conversationId === conversationId);
  const isLive = useConnection().state === 'live';
  const people = usePeople();
  const [isMissing, setMissing] = useState(false);
  const peer = peerOf(conversationId, account.id);
  const isKnown = peer === undefined ? item !== null : item !== null || people.has(peer);
  const isSelf = kindOf(conversationId) === 'self';
  const mustAsk = isLive && !isKnown && !isSelf;

  useEffect(() => {
    if (!mustAsk) return;
    let isCurrent = true;
    const ask = async (): Promise<boolean> => {
      if (peer === undefined) return isThere(api.chat.conversations.get.query({ conversationId }));
      // Somebody may have come since.
      await names.refresh();
      return names.getSnapshot().has(peer);
    };
    ask().then(
      (isFound) => {
        if (isCurrent) setMissing(!isFound);
      },
      // The next connection asks again.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [mustAsk, peer, conversationId, api, names]);

  if (isSelf) return 'member';
  if (isKnown) return peer !== undefined || isListed ? 'member' : 'former';
  return isMissing ? 'none' : 'unknown';
}

async function isThere(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (codeOf(error) === 'conversation_not_found') return false;
    throw error;
  }
}
