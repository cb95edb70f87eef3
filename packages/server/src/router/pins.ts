import type { ConversationId, HistoryStore, PinnedMessage, PinPage, UserId } from '@tidemark/core';

/** What is pinned in a conversation, as one of its members may see it now. Stage 1. */
export async function pinsOf(
  history: Pick<HistoryStore, 'findRegisters' | 'quotes'>,
  { userId, conversationId, bytes }: { userId: UserId; conversationId: ConversationId; bytes: number },
): Promise<PinPage> {
  const [register] = await history.findRegisters([{ conversationId, target: 0, name: 'pins', key: '', owner: null }]);
  if (register?.name !== 'pins' || !register.value) return { pins: [], asOf: 0 };
  const pins = register.value;
  const seqs = pins.map(({ seq }) => seq);
  const quotes = await history.quotes({ userId, conversationId, seqs, bytes });
  const bySeq = new Map(quotes.map((quote) => [quote.conversationSeq, quote]));
  return {
    pins: pins.flatMap(({ seq, by }): PinnedMessage[] => {
      const quote = bySeq.get(seq);
      return quote ? [{ ...quote, pinnedBy: by }] : [];
    }),
    asOf: register.seq,
  };
}
