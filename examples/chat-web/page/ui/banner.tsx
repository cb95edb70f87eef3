import type { ReactNode } from 'react';
import styles from './banner.module.css';
import { Icon } from './icon.tsx';

/** One line above everything. Where it appears has to be there before it, with the role `status`, so that it is said aloud. */
export function Banner(props: {
  readonly look: 'calm' | 'warning';
  /** A second sentence; a very low window shows it to screen readers alone. */
  readonly more?: string;
  readonly action?: string;
  readonly onAction?: () => void;
  readonly children: ReactNode;
}) {
  return (
    <div className={styles.banner} data-look={props.look}>
      <Icon name={props.look === 'calm' ? 'wave' : 'alert'} size={18} />
      <p>
        {props.children}
        {props.more && <span className={styles.more}> {props.more}</span>}
      </p>
      {props.action && (
        <button type="button" onClick={props.onAction}>
          {props.action}
        </button>
      )}
    </div>
  );
}
