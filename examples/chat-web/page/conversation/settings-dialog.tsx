import type { SettingsChange } from '@tidemark/core';
import { useConversation } from '../account/session.ts';
import { isMuted } from '../conversations/muted.ts';
import { useTitleOf } from '../conversations/title.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import form from '../ui/form.module.css';

const HOUR_MS = 3_600_000;
/** The last date there is. */
const FOR_EVER = 8.64e15;
const MAX_REMARK = 200;

interface SettingsDialogProps {
  readonly conversationId: string;
  readonly onClose: () => void;
  /** The conversation is to be left: seen, it would be read again. */
  readonly onMarkUnread: () => void;
}

/** How this user sees a conversation, on all their devices. Each change holds at once, also without a connection. */
export function SettingsDialog({ conversationId, onClose, onMarkUnread }: SettingsDialogProps) {
  const { item, setSettings } = useConversation(conversationId);
  const title = useTitleOf()({ ...(item ?? { conversationId }), settings: undefined });
  if (!item) return null;
  const { settings } = item;
  // What is refused for good is shown no longer.
  const set = (change: SettingsChange): void => void setSettings(change).stored.catch(() => undefined);
  const until = isMuted(settings) ? settings.mutedUntil : null;
  return (
    <Dialog title="Conversation settings" onClose={onClose}>
      <div className={form.content}>
        <p className={form.field}>Yours alone: nobody else sees them.</p>
        <label className={form.person}>
          <span>Keep on top of the list</span>
          <input type="checkbox" checked={settings.pinned} onChange={() => set({ pinned: !settings.pinned })} />
        </label>
        <label className={form.person}>
          <span>Move to the archive</span>
          <input type="checkbox" checked={settings.archived} onChange={() => set({ archived: !settings.archived })} />
        </label>
        <label className={form.field}>
          <span>Muted</span>
          <select
            value={until === null ? 'no' : until === FOR_EVER ? 'ever' : 'until'}
            onChange={({ target: { value } }) => set({ mutedUntil: MUTED[value]?.() ?? null })}
          >
            <option value="no">No</option>
            <option value="hour">For an hour</option>
            <option value="night">For eight hours</option>
            {until !== null && until !== FOR_EVER && (
              <option value="until">Until {new Date(until).toLocaleString()}</option>
            )}
            <option value="ever">Until I change it</option>
          </select>
        </label>
        <label className={form.field}>
          <span>Your name for it</span>
          <input
            defaultValue={settings.remark ?? ''}
            placeholder={title}
            maxLength={MAX_REMARK}
            onBlur={({ target }) => {
              const remark = target.value.trim() || null;
              if (remark !== settings.remark) set({ remark });
            }}
          />
        </label>
      </div>
      <footer className={form.actions}>
        <Button
          onClick={() => {
            onMarkUnread();
            set({ markedUnread: true });
          }}
        >
          Mark as unread
        </Button>
        <Button look="main" onClick={onClose}>
          Done
        </Button>
      </footer>
    </Dialog>
  );
}

const MUTED: Record<string, () => number> = {
  hour: () => Date.now() + HOUR_MS,
  night: () => Date.now() + 8 * HOUR_MS,
  ever: () => FOR_EVER,
};
