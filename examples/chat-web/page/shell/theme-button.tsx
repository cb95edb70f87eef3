import { IconButton } from '../ui/button.tsx';
import { setTheme, type Theme, useTheme } from './theme.ts';

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const ICON = { system: 'screen', light: 'sun', dark: 'moon' } as const;
const NAME: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };

export function ThemeButton() {
  const theme = useTheme();
  return (
    <IconButton
      icon={ICON[theme]}
      label={`Colours: ${NAME[theme]}. Change to ${NAME[NEXT[theme]]}`}
      onClick={() => setTheme(NEXT[theme])}
    />
  );
}
