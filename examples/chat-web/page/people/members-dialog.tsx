import { useCallback, useEffect, useState } from 'react';
import { useConnection, useConversation, useSession } from '../account/session.ts';
import { useTitleOf } from '../conversations/title.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import form from '../ui/form.module.css';
import { MemberList } from './member-list.tsx';
import { PeoplePicker } from './people-picker.tsx';
import { problemOf } from './problem.ts';

interface MembersProps {
  readonly conversationId: string;
  readonly onClose: () => void;
}

/** Who is in a group; to add people, to remove them for its creator, and to leave. */
export function MembersDialog({ conversationId, onClose }: MembersProps) {
  const { account } = useSession();
  const { item, addMembers, removeMembers, leave } = useConversation(conversationId);
  const title = useTitleOf()(item ?? { conversationId });
  const { members, creator, missing, reload } = useMembers(conversationId);
  const [step, setStep] = useState<'list' | 'add' | 'leave'>('list');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function act(work: () => Promise<unknown>, after: () => void): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      await work();
      after();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  }

  const isCreator = creator === account.id;
  const problems = (
    <p role="alert" className={form.problem}>
      {problem}
    </p>
  );
  if (step === 'leave') {
    return (
      <Dialog title="Leave this group?" onClose={() => setStep('list')}>
        <div className={form.content}>
          <p>
            “{title}” goes from your list, and nothing that is said later reaches you. What was said stays here until
            you close it.
          </p>
        </div>
        <footer className={form.actions}>
          {problems}
          <Button onClick={() => setStep('list')}>Stay</Button>
          <Button look="main" disabled={isBusy} onClick={() => void act(leave, onClose)}>
            Leave
          </Button>
        </footer>
      </Dialog>
    );
  }
  if (step === 'add') {
    return (
      <Dialog title="Add people" onClose={() => setStep('list')}>
        <div className={form.content}>
          <PeoplePicker except={members ?? []} chosen={chosen} onChange={setChosen} />
        </div>
        <footer className={form.actions}>
          {problems}
          <Button onClick={() => setStep('list')}>Back</Button>
          <Button
            look="main"
            disabled={isBusy || chosen.length === 0}
            onClick={() =>
              void act(
                () => addMembers(chosen),
                () => {
                  setChosen([]);
                  setStep('list');
                  reload();
                },
              )
            }
          >
            Add {chosen.length > 0 ? chosen.length : ''}
          </Button>
        </footer>
      </Dialog>
    );
  }
  return (
    <Dialog title={members ? `${members.length} members` : 'Members'} onClose={onClose}>
      <div className={form.content}>
        {members === null ? (
          <p role="status">{missing ?? 'Asking who is in it …'}</p>
        ) : (
          <MemberList
            title={title}
            memberIds={members}
            creator={creator}
            isBusy={isBusy}
            onRemove={isCreator ? (id) => void act(() => removeMembers([id]), reload) : undefined}
          />
        )}
      </div>
      <footer className={form.actions}>
        {problems}
        <Button look="danger" onClick={() => setStep('leave')}>
          Leave
        </Button>
        <Button disabled={members === null} onClick={() => setStep('add')}>
          Add people
        </Button>
      </footer>
    </Dialog>
  );
}

interface Members {
  readonly members: readonly string[] | null;
  readonly creator: string | null;
  /** Why the list is not here. */
  readonly missing: string | null;
}

/** Asked of the server each time the dialog opens: the local store keeps messages, not members. */
function useMembers(conversationId: string) {
  const { api } = useSession();
  const isLive = useConnection().state === 'live';
  const { members: ask } = useConversation(conversationId);
  const [known, setKnown] = useState<Members>({ members: null, creator: null, missing: null });
  const reload = useCallback(() => {
    const asked = [ask(), api.chat.conversations.get.query({ conversationId })] as const;
    Promise.all(asked).then(
      ([list, { createdBy }]) =>
        setKnown({ members: list.map(({ userId }) => userId), creator: createdBy, missing: null }),
      (error: unknown) => setKnown((before) => ({ ...before, missing: problemOf(error) })),
    );
  }, [ask, api, conversationId]);
  // Again with each connection: what could not be asked before can be now.
  // biome-ignore lint/correctness/useExhaustiveDependencies: as said
  useEffect(reload, [reload, isLive]);
  return { ...known, reload };
}
