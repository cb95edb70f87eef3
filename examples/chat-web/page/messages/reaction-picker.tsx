import type { MessageReaction } from '@tidemark/client';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Icon } from '../ui/icon.tsx';
import styles from './reaction-picker.module.css';
import { canSwitch } from './rows.ts';

/** Reactions with other keys come from other applications, and are shown all the same. */
const OFFERED = [
  ['👍', 'Thumbs up'],
  ['❤️', 'Heart'],
  ['😂', 'Laughing'],
  ['🎉', 'Party'],
  ['😮', 'Surprised'],
  ['🙏', 'Thank you'],
] as const;
/** Between the picker and its button, and the edges of the window. */
const GAP_PX = 6;
const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** A button, and the menu it opens: a popover of the platform, which closes on Esc and on a click beside it. */
export function ReactionPicker(props: {
  /** Of the button. */
  readonly className: string | undefined;
  readonly reactions: readonly MessageReaction[];
  readonly onReact: (key: string, on: boolean) => void;
}) {
  const { className, reactions, onReact } = props;
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);

  useEffect(() => {
    if (!isOpen) return undefined;
    const follow = (): void => place(menu.current, opener.current);
    addEventListener('scroll', follow, { capture: true, passive: true });
    addEventListener('resize', follow);
    return () => {
      removeEventListener('scroll', follow, { capture: true });
      removeEventListener('resize', follow);
    };
  }, [isOpen]);

  function onKeyDown(event: KeyboardEvent): void {
    const items = [...event.currentTarget.querySelectorAll('button')];
    const step = STEPS[event.key];
    if (event.key === 'Tab') menu.current?.hidePopover();
    if (event.key === 'Home') focus(items, 0);
    else if (event.key === 'End') focus(items, -1);
    else if (step) focus(items, items.indexOf(document.activeElement as HTMLButtonElement) + step);
    else return;
    event.preventDefault();
  }

  return (
    <>
      <button
        ref={opener}
        type="button"
        className={className}
        aria-label="React"
        title="React"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        popoverTarget={id}
      >
        <Icon name="smile" size={16} />
      </button>
      <div
        ref={menu}
        id={id}
        popover="auto"
        role="menu"
        aria-label="React with"
        className={styles.picker}
        onBeforeToggle={({ newState }) => {
          if (newState === 'open') setOpen(true);
        }}
        onToggle={({ newState, currentTarget }) => {
          if (newState === 'open') {
            place(menu.current, opener.current);
            currentTarget.querySelector('button')?.focus();
          } else {
            // Not before: the platform gives the focus back from what has it.
            setOpen(false);
            delete currentTarget.dataset.placed;
          }
        }}
        onKeyDown={onKeyDown}
      >
        {isOpen &&
          OFFERED.map(([key, name]) => {
            const mine = reactions.some((each) => each.key === key && each.mine);
            return (
              <button
                key={key}
                type="button"
                role="menuitemcheckbox"
                aria-checked={mine}
                aria-disabled={!canSwitch(reactions, key)}
                aria-label={name}
                title={name}
                tabIndex={-1}
                onClick={() => {
                  if (!canSwitch(reactions, key)) return;
                  menu.current?.hidePopover();
                  onReact(key, !mine);
                }}
              >
                {key}
              </button>
            );
          })}
      </div>
    </>
  );
}

/** Above the button, or below it where there is no room, and within the window. */
function place(menu: HTMLElement | null, opener: HTMLElement | null): void {
  if (!menu || !opener) return;
  const from = opener.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const above = from.top - height - GAP_PX;
  const left = from.left + (from.width - width) / 2;
  menu.style.top = `${above < GAP_PX ? from.bottom + GAP_PX : above}px`;
  menu.style.left = `${Math.max(GAP_PX, Math.min(left, innerWidth - width - GAP_PX))}px`;
  menu.dataset.placed = '';
}

function focus(items: readonly HTMLElement[], at: number): void {
  items.at(at % items.length)?.focus();
}
