import type { ClientParts } from '../client-parts.ts';
import type { ClientConnectionState } from '../connection/client-connection-state.ts';
import { checkChanges } from '../local-store/stored-json.ts';
import type { Stored } from '../send/outbox-entries.ts';
import { RELAYED_EVENTS, type TabMessage } from './tab-message.ts';

export interface HearTabOptions extends ClientParts {
  /** The user signed out in another tab. */
  readonly onErase: () => void;
}

/** Takes in what another tab says. Throws what is malformed: the tab group drops that, and reads the store instead. */
export function hearTab(message: TabMessage, { life, events, replica, outbox, status, onErase }: HearTabOptions): void {
  function noteSent(receipt: Stored): void {
    check(typeof receipt.conversationSeq === 'number');
    outbox.sentElsewhere(receipt);
  }

  function showLeader(state: ClientConnectionState): void {
    check(typeof state.state === 'string');
    status.showLeader(state);
  }

  switch (message.type) {
    case 'changes':
      replica.merge(checkChanges(message.changes));
      break;
    case 'sent':
      noteSent(message.receipt);
      break;
    case 'progress':
      outbox.progressElsewhere(message.clientMessageId, message.progress);
      break;
    case 'leading':
      message.receipts.forEach(noteSent);
      showLeader(message.connection);
      break;
    case 'connection':
      showLeader(message.state);
      break;
    case 'event':
      if (!life.leadership && RELAYED_EVENTS.includes(message.event.type)) {
        events.emit(message.event.type, message.event.detail as never);
      }
      break;
    case 'erase':
      onErase();
      break;
    default:
  }
}

function check(isOfItsForm: boolean): void {
  if (!isOfItsForm) throw new Error('not of its form');
}
