import type { ComponentProps } from 'react';
import styles from './button.module.css';
import { Icon } from './icon.tsx';

type ButtonProps = ComponentProps<'button'> & { readonly look?: 'main' | 'plain' | 'danger' };

export function Button({ look = 'plain', type = 'button', ...rest }: ButtonProps) {
  return <button {...rest} type={type} className={styles.button} data-look={look} />;
}

type IconButtonProps = Omit<ComponentProps<'button'>, 'children'> & {
  readonly icon: ComponentProps<typeof Icon>['name'];
  /** What it does, for those who don't see the icon, and for those who wonder. */
  readonly label: string;
};

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} className={styles.icon} aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}
