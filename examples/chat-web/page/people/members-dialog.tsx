import { useCallback, useEffect, useState } from 'react';
import { useConversation, useSession } from '../account/session.ts';
import { useTitleOf } from '../conversations/title.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import form from '../ui/form.module.css';
import { PeoplePicker } from './people-picker.tsx';
import { problemOf } from './problem.ts';
import { useNameOf } from './use-names.ts';

interface MembersProps {
  readonly conversationId: string;
  readonly onClose: () => void;
  readonly onLeft: () => void;
}

/** Who is in a group; to add people, to remove them for its creator, and to leave. */
export function MembersDialog({ conversationId, onClose, onLeft }: MembersProps) {
  const { account } = useSession();
  const { item, addMembers, removeMembers, leave } = useConversation(conversationId);
  const title = useTitleOf()(item ?? { conversationId });
  const nameOf = useNameOf();
  const { members, creator, reload } = useMembers(conversationId);
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
          <p>“{title}” goes from your list, and nothing that is said later reaches you.</p>
        </div>
        <footer className={form.actions}>
          {problems}
          <Button onClick={() => setStep('list')}>Stay</Button>
          <Button look="main" disabled={isBusy} onClick={() => void act(leave, onLeft)}>
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
          <p role="status">The list comes with the connection …</p>
        ) : (
          <ul className={form.people} aria-label={`Members of ${title}`}>
            {members.map((id) => (
              <MemberLine key={id} id={id} isCreator={id === creator} isMe={id === account.id}>
                {isCreator && id !== account.id && (
                  <IconButton
                    icon="close"
                    label={`Remove ${nameOf(id)}`}
                    disabled={isBusy}
                    onClick={() => void act(() => removeMembers([id]), reload)}
                  />
                )}
              </MemberLine>
            ))}
          </ul>
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

function MemberLine(props: {
  readonly id: string;
  readonly isCreator: boolean;
  readonly isMe: boolean;
  readonly children: React.ReactNode;
}) {
  const name = useNameOf()(props.id);
  const notes = [props.isMe && 'you', props.isCreator && 'made the group'].filter(Boolean).join(', ');
  return (
    <li className={form.person}>
      <Avatar id={props.id} name={name} />
      <span dir="auto">
        {name} {notes && <span className={form.note}>{notes}</span>}
      </span>
      {props.children}
    </li>
  );
}

/** Asked of the server each time the dialog opens: the local store keeps messages, not members. */
function useMembers(conversationId: string) {
  const { trpc } = useSession();
  const { members: ask } = useConversation(conversationId);
  const [members, setMembers] = useState<readonly string[] | null>(null);
  const [creator, setCreator] = useState<string | null>(null);
  const reload = useCallback(() => {
    const asked = [ask(), trpc.chat.conversations.get.query({ conversationId })] as const;
    Promise.all(asked).then(
      ([list, { createdBy }]) => {
        setMembers(list.map(({ userId }) => userId));
        setCreator(createdBy);
      },
      // The dialog says that the list waits for the connection.
      () => undefined,
    );
  }, [ask, trpc, conversationId]);
  useEffect(reload, [reload]);
  return { members, creator, reload };
}
