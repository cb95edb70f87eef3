import { type Command, type CommandKey, type EventRef, type HistoryStore, refKey } from '@tidemark/core';
import { commandDefinitionOf } from '../features/commands.ts';
import { Subjects } from '../features/subjects.ts';

/**
 * Reads the events and registers that the commands of a batch name; undefined where none names any. To be called after the states of their
 * conversations were read: what is committed on these heads was then known. Part of stage 3.
 */
export async function loadSubjects(
  history: Pick<HistoryStore, 'findByRef' | 'findByCommand' | 'findRegisters'>,
  commands: readonly Command[],
): Promise<Subjects | undefined> {
  const targets = commands.flatMap((command) => {
    const { targets = [], registers = [] } = commandDefinitionOf(command).subjects?.(command) ?? {};
    return targets.map((target) => ({ conversationId: command.conversationId, target, registers }));
  });
  if (targets.length === 0) return undefined;
  const refs = new Map<string, EventRef>();
  const keys: CommandKey[] = [];
  for (const { conversationId, target } of targets) {
    if ('seq' in target) {
      const ref = { conversationId, conversationSeq: target.seq };
      refs.set(refKey(ref), ref);
    } else keys.push({ actorId: target.senderId, commandId: target.clientMessageId });
  }
  const found = await Promise.all([
    refs.size > 0 ? history.findByRef([...refs.values()]) : [],
    keys.length > 0 ? history.findByCommand(keys) : [],
  ]);
  const events = new Subjects(found.flat());
  const registers = targets.flatMap(({ conversationId, target, registers: names }) => {
    const event = events.event(conversationId, target);
    if (!event) return [];
    const of = { conversationId, target: event.conversationSeq, key: '', owner: null };
    return names.map((name) => ({ ...of, name }));
  });
  return new Subjects(found.flat(), registers.length > 0 ? await history.findRegisters(registers) : []);
}
