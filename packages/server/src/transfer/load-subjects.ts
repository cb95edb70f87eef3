import {
  type Command,
  type CommandKey,
  type ConversationId,
  type EventRef,
  type HistoryStore,
  type MessageTarget,
  type RegisterKey,
  refKey,
  registerKey,
  type UserId,
} from '@tidemark/core';
import { commandDefinitionOf } from '../features/commands.ts';
import { type OwnedGroup, ownedGroupKey, type SubjectNames, Subjects } from '../features/subjects.ts';

type Reads = Pick<HistoryStore, 'findByRef' | 'findByCommand' | 'findRegisters' | 'findShown' | 'owners'>;

/** A target of a command, which is seen as its actor sees it. */
interface Named extends Pick<SubjectNames, 'leaves'> {
  readonly conversationId: ConversationId;
  readonly target: MessageTarget;
  readonly viewer: UserId;
}

/**
 * Reads the events and registers that the commands of a batch name; undefined where none names any. To be called after the states of their
 * conversations were read: what is committed on these heads was then known. Part of stage 3.
 */
export async function loadSubjects(history: Reads, commands: readonly Command[]): Promise<Subjects | undefined> {
  const named = commands.flatMap((command): Named[] => {
    const { targets = [], leaves } = commandDefinitionOf(command).subjects?.(command) ?? {};
    const { conversationId, actorId: viewer } = command;
    return targets.map((target) => ({ conversationId, target, viewer, leaves }));
  });
  const keys = keysOf(commands);
  if (named.length === 0 && keys.length === 0) return undefined;
  const [events, byKey] = await Promise.all([
    loadEvents(history, named),
    keys.length > 0 ? history.findRegisters(keys) : [],
  ]);
  const known = new Subjects(events);
  const found = named.flatMap((names) => {
    const event = known.event(names.conversationId, names.target);
    return event ? [{ ...names, target: event.conversationSeq as number }] : [];
  });
  if (found.length === 0) return new Subjects(events, byKey);
  const [registers, owners] = await Promise.all([history.findShown(found), loadOwners(history, found)]);
  return new Subjects(events, [...registers, ...byKey], owners);
}

async function loadEvents(history: Reads, named: readonly Named[]) {
  const refs = new Map<string, EventRef>();
  const keys: CommandKey[] = [];
  for (const { conversationId, target } of named) {
    if ('seq' in target) {
      const ref = { conversationId, conversationSeq: target.seq };
      refs.set(refKey(ref), ref);
    } else keys.push({ actorId: target.senderId, commandId: target.clientMessageId });
  }
  const found = await Promise.all([
    refs.size > 0 ? history.findByRef([...refs.values()]) : [],
    keys.length > 0 ? history.findByCommand(keys) : [],
  ]);
  return found.flat();
}

/** Registers of conversations themselves, and of the actors. */
function keysOf(commands: readonly Command[]): RegisterKey[] {
  const keys = new Map<string, RegisterKey>();
  for (const command of commands) {
    const { ofConversation = [], own = [] } = commandDefinitionOf(command).subjects?.(command) ?? {};
    const { conversationId, actorId } = command;
    const named: RegisterKey[] = [
      ...ofConversation.map((name) => ({ conversationId, target: 0, name, key: '', owner: null })),
      ...own.map((register) => ({ ...register, key: '', owner: actorId })),
    ];
    for (const key of named) keys.set(registerKey(key), key);
  }
  return [...keys.values()];
}

/** So many owners of each register that some of the batch may give up that enough are left when all of them do. */
async function loadOwners(
  history: Reads,
  named: readonly (Omit<Named, 'target'> & { readonly target: number })[],
): Promise<Map<string, UserId[]>> {
  const groups = new Map<string, { readonly of: OwnedGroup; limit: number }>();
  for (const { conversationId, target, leaves } of named) {
    if (!leaves) continue;
    const { name, key, left } = leaves;
    const of = { conversationId, target, name, key };
    const group = groups.get(ownedGroupKey(of)) ?? { of, limit: left };
    groups.set(ownedGroupKey(of), { of, limit: group.limit + 1 });
  }
  const owners = new Map([...groups.keys()].map((key): [string, UserId[]] => [key, []]));
  if (groups.size === 0) return owners;
  const all = [...groups.values()];
  const found = await history.owners({
    of: all.map(({ of }) => of),
    limit: Math.max(...all.map(({ limit }) => limit)),
  });
  for (const register of found.sort((a, b) => b.seq - a.seq)) {
    if (register.owner !== null) owners.get(ownedGroupKey(register))?.push(register.owner);
  }
  return owners;
}
