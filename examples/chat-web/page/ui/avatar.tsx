import styles from './avatar.module.css';

const HUES = [12, 42, 82, 128, 158, 188, 222, 258, 292, 332];

/** The initials of a name on a colour that is always the same for the same id. */
export function Avatar(props: { readonly id: string; readonly name: string; readonly size?: 'small' | 'large' }) {
  const hue = HUES[hashOf(props.id) % HUES.length];
  return (
    <span
      className={styles.avatar}
      data-size={props.size}
      data-group={props.id.startsWith('g:') || undefined}
      style={{ '--hue': hue } as React.CSSProperties}
      aria-hidden="true"
    >
      {initialsOf(props.name)}
    </span>
  );
}

function initialsOf(name: string): string {
  const words = name.split(/[\s:,–-]+/).filter(Boolean);
  const first = words[0] ?? '?';
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return ((Array.from(first)[0] ?? '') + (last ? (Array.from(last)[0] ?? '') : '')).toLocaleUpperCase();
}

function hashOf(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  return (hash ^ (hash >>> 15)) >>> 0;
}
