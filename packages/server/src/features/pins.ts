import {
  type ConversationId,
  type ConversationState,
  type Pin,
  type PinChanged,
  type SetPin,
  TidemarkError,
} from '@tidemark/core';
import type { CommandDefinition } from './command-definition.ts';
import { type DecideContext, done, headOf, requireMember, unchanged } from './deciding.ts';
import { may } from './permissions.ts';
import { requireMessage } from './targets.ts';

export const setPin: CommandDefinition<SetPin> = {
  subjects: ({ target }) => ({ targets: [target], ofConversation: ['pins'] }),
  decide: (state, command, context) => {
    const { actorId, on } = command;
    const current = requireMember(state, command);
    requireMayPin(current, command, context);
    const { conversationSeq: seq } = requireMessage(current, command, context);
    const before = context.subjects.ofConversation(command.conversationId, 'pins')?.value ?? [];
    const others = before.filter((pin) => pin.seq !== seq);
    if (others.length < before.length === on) return unchanged(current);
    if (on) requireRoom(before.length, context);
    const event: PinChanged = {
      type: 'pin.changed',
      ...headOf(current, command, context),
      targetSeq: seq,
      on,
      pins: on ? [{ seq, by: actorId }, ...others] : others,
    };
    return done(current, [event]);
  },
  ledTo: ({ conversationId, target, on }, event) =>
    event.type === 'pin.changed' &&
    event.conversationId === conversationId &&
    event.on === on &&
    (!('seq' in target) || event.targetSeq === target.seq),
  intention: ({ conversationId, target, on }) => [conversationId, target, on],
};

/** What is pinned once these messages are gone; nothing where none of them was. */
export function pinsWithout(
  conversationId: ConversationId,
  gone: ReadonlyMap<number, unknown>,
  { subjects }: DecideContext,
): { readonly pins?: readonly Pin[] } {
  const before = subjects.ofConversation(conversationId, 'pins')?.value ?? [];
  const pins = before.filter(({ seq }) => !gone.has(seq));
  return pins.length < before.length ? { pins } : {};
}

function requireMayPin(state: ConversationState, command: SetPin, { permissions }: DecideContext): void {
  if (may('pin', state, command, permissions)) return;
  throw new TidemarkError('forbidden', 'only the owner of a group may pin there (permissions.pin)', {
    field: 'conversationId',
  });
}

function requireRoom(pinned: number, { limits: { pins } }: DecideContext): void {
  if (pinned < pins) return;
  throw new TidemarkError('forbidden', `${pinned} messages are pinned, at most ${pins} (limits.pins)`, {
    field: 'target',
    limit: 'limits.pins',
  });
}
