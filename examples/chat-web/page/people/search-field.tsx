import form from '../ui/form.module.css';

export function SearchField(props: {
  readonly value: string;
  readonly isFirst?: boolean;
  readonly onChange: (value: string) => void;
}) {
  return (
    <label className={form.field}>
      <span className="hidden-text">Filter people</span>
      <input
        type="search"
        value={props.value}
        placeholder="Find people"
        // biome-ignore lint/a11y/noAutofocus: a dialog begins at its first field
        autoFocus={props.isFirst === true}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </label>
  );
}
