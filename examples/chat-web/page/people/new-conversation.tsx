import { isBlank } from '@tidemark/content';
import { type FormEvent, useState } from 'react';
import { useChat, useSession } from '../account/session.ts';
import { openConversation } from '../shell/open-conversation.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import form from '../ui/form.module.css';
import { PeoplePicker } from './people-picker.tsx';
import { problemOf } from './problem.ts';

/** One person: the conversation with them. Several: a group, with a name if it is given one. */
export function NewConversation({ onClose }: { readonly onClose: () => void }) {
  const chat = useChat();
  const { account } = useSession();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [title, setTitle] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isGroup = chosen.length > 1;

  async function begin(): Promise<void> {
    const [only] = chosen;
    if (only === undefined) return;
    if (!isGroup) {
      openConversation(chat.direct(only).conversationId);
      onClose();
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const group = await chat.createGroup({ title: isBlank(title) ? null : title.trim(), memberIds: chosen });
      openConversation(group.conversationId);
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    void begin();
  }

  return (
    <Dialog title="New conversation" onClose={onClose}>
      <form onSubmit={submit} className={form.form}>
        <div className={form.content}>
          <PeoplePicker except={[account.id]} chosen={chosen} onChange={setChosen} />
        </div>
        <footer className={form.actions}>
          {isGroup && (
            <label className={form.wide}>
              <span className="hidden-text">Name of the group</span>
              <input
                value={title}
                maxLength={200}
                placeholder="Name of the group"
                onChange={(event) => setTitle(event.target.value)}
              />
            </label>
          )}
          <p role="alert" className={form.problem}>
            {problem}
          </p>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="main" disabled={chosen.length === 0 || isBusy}>
            {isBusy ? 'Creating …' : isGroup ? `Create group of ${chosen.length + 1}` : 'Start'}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
