import { openConversation } from '../shell/open-conversation.ts';
import { Button } from '../ui/button.tsx';
import styles from './nothing-open.module.css';

/** Where a link leads that is broken, or to what is not this user's. Which of the two is nobody's business. */
export function NoConversation() {
  return (
    <div className={styles.empty} role="status">
      <p>This link leads to no conversation of yours.</p>
      <Button onClick={() => openConversation(null)}>To your conversations</Button>
    </div>
  );
}
