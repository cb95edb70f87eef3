import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import form from '../ui/form.module.css';

/** Asks first: what is taken back is gone for everybody. */
export function RevokeDialog(props: {
  readonly isOwn: boolean;
  readonly onRevoke: () => void;
  readonly onClose: () => void;
}) {
  const { isOwn, onRevoke, onClose } = props;
  return (
    <Dialog title={isOwn ? 'Take this message back?' : 'Remove this message?'} onClose={onClose}>
      <div className={form.content}>
        <p>It is erased for everybody, with its reactions. Who has read it already may remember what it said.</p>
      </div>
      <footer className={form.actions}>
        <Button onClick={onClose}>Keep it</Button>
        <Button look="main" onClick={onRevoke}>
          {isOwn ? 'Take back' : 'Remove'}
        </Button>
      </footer>
    </Dialog>
  );
}
