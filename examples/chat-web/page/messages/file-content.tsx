import { useSession } from '../account/session.ts';
import { fileSize } from '../files/file-size.ts';
import type { Source } from '../files/files.ts';
import { useFileUrl } from '../files/use-file-url.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './file-content.module.css';
import type { Item } from './rows.ts';

type FileItem = Extract<Item, { type: 'image' | 'file' }>;

/** The longer side of a picture in the list, in pixels. */
const MAX_SIDE = 320;

export function ImageContent({ item }: { readonly item: Extract<FileItem, { type: 'image' }> }) {
  const { file } = item.content;
  const shown = useFileUrl(sourceOf(item) ?? file);
  const { width = MAX_SIDE, height = MAX_SIDE } = file;
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  // There before the picture is, so that nothing moves when it comes.
  const space = { width: Math.max(48, Math.round(width * scale)), aspectRatio: `${width} / ${height}` };
  return (
    <figure className={styles.figure}>
      {shown.state === 'failed' ? (
        <button type="button" className={styles.missing} style={space} onClick={shown.retry}>
          <Icon name="alert" />
          This picture did not load. Try again
        </button>
      ) : (
        <a
          className={styles.picture}
          style={space}
          href={shown.state === 'here' ? shown.url : undefined}
          target="_blank"
          rel="noreferrer"
          aria-label={`Open ${file.name}`}
        >
          {shown.state === 'here' && <img src={shown.url} alt={item.content.caption ?? file.name} />}
          <Progress item={item} />
        </a>
      )}
    </figure>
  );
}

export function FileContent({ item }: { readonly item: Extract<FileItem, { type: 'file' }> }) {
  const { files } = useSession();
  const { file } = item.content;
  const source = sourceOf(item);

  async function save(): Promise<void> {
    const url = URL.createObjectURL(await files.read(source ?? file));
    const link = Object.assign(document.createElement('a'), { href: url, download: file.name });
    link.click();
    // The browser has begun to read it by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  return (
    <div className={styles.file}>
      <span className={styles.sheet}>
        <Icon name="file" />
      </span>
      <span className={styles.name}>
        <b dir="auto">{file.name}</b>
        <span>{fileSize(file.size)}</span>
      </span>
      <button
        type="button"
        className={styles.save}
        aria-label={`Save ${file.name}`}
        title="Save"
        onClick={() => {
          save().catch(() => undefined);
        }}
      >
        <Icon name="down" />
      </button>
      <Progress item={item} />
    </div>
  );
}

/** How far the upload has come. */
function Progress({ item }: { readonly item: FileItem }) {
  const attachment = item.status === 'pending' ? item.attachments[0] : undefined;
  if (!attachment) return null;
  return <progress className={styles.progress} value={attachment.progress} aria-label="Uploading" />;
}

/** While it is not uploaded, the device's own copy is shown. */
function sourceOf(item: FileItem): Source | undefined {
  return item.status === 'stored' ? undefined : (item.attachments[0]?.source as Source | undefined);
}
