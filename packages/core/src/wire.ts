/**
 * The wire: every shape that crosses between processes or to clients, as zod schemas, a file a feature. Changing one changes
 * PROTOCOL.md; a test holds the hash of the schemas so that it cannot happen by accident.
 */
import { z } from 'zod';

export { command } from './wire/commands.ts';
export {
  conversationInput,
  conversationSummary,
  createGroupInput,
  historyInput,
  listInput,
  openDirectInput,
} from './wire/conversations.ts';
export { editInput, versionsInput } from './wire/edits.ts';
export { event } from './wire/events.ts';
export { feedInput, feedItem, inboxEntry, sinceInput } from './wire/inbox.ts';
export { leaveInput, memberListInput, membersInput } from './wire/members.ts';
export { message, receipt, sendInput } from './wire/messages.ts';
export { parseWire } from './wire/parse-wire.ts';
export { pinInput } from './wire/pins.ts';
export { reactInput, reactionKey, reactionsInput } from './wire/reactions.ts';
export { markReadInput } from './wire/read-marks.ts';
export { reportInput } from './wire/reports.ts';
export { revokeInput } from './wire/revokes.ts';
export { settingsInput } from './wire/settings.ts';
export { commandId, conversationId, conversationSeq, cursor, userId } from './wire/shapes.ts';

export const noInput = z.undefined();
