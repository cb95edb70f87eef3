const PATHS = {
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7 7 7',
  down: 'M12 5v14M6 13l6 6 6-6',
  up: 'M12 19V5M6 11l6-6 6 6',
  send: 'M4 12l16-7-6 16-3-7-7-2z',
  people:
    'M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM3 20c0-3.5 2.7-6 6-6s6 2.5 6 6M16 4.5a3.5 3.5 0 010 6M17.5 14.5c2.1.7 3.5 2.7 3.5 5.5',
  bag: 'M5 8h14l-1 12H6L5 8zM9 8a3 3 0 016 0',
  clip: 'M19 11.5l-7.2 7.2a4.6 4.6 0 01-6.5-6.5l8-8a3.1 3.1 0 014.4 4.4l-8 8a1.6 1.6 0 01-2.2-2.2l7-7',
  file: 'M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5',
  pen: 'M4 20l1-4L16 5l3 3L8 19l-4 1zM14 7l3 3',
  smile: 'M12 21a9 9 0 100-18 9 9 0 000 18zM8.5 14.5c.8 1.3 2 2 3.5 2s2.7-.7 3.5-2M9 9.5v.1M15 9.5v.1',
  bin: 'M5 7h14M10 4h4M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5',
  reply: 'M9 6l-6 6 6 6M3 12h10c4.5 0 7 2.5 8 6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 21a9 9 0 100-18 9 9 0 000 18zM12 7.5V12l3 2',
  alert: 'M12 8v5M12 16.5v.1M12 21a9 9 0 100-18 9 9 0 000 18z',
  out: 'M10 4H5v16h5M15 8l4 4-4 4M19 12H9',
  sun: 'M12 16a4 4 0 100-8 4 4 0 000 8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  moon: 'M20 14.5A8 8 0 019.5 4a8 8 0 1010.5 10.5z',
  screen: 'M4 5h16v11H4zM9 20h6M12 16v4',
  search: 'M11 18a7 7 0 100-14 7 7 0 000 14zM16 16l5 5',
  window: 'M14 4h6v6M20 4l-9 9M10 6H5v13h13v-5',
  more: 'M6 12.6a.6.6 0 100-1.2.6.6 0 000 1.2zM12 12.6a.6.6 0 100-1.2.6.6 0 000 1.2zM18 12.6a.6.6 0 100-1.2.6.6 0 000 1.2z',
  pin: 'M9 4h6l-1 6 3 3H7l3-3-1-6zM12 13v7',
  muted: 'M6 17h12l-1.5-2.5V11a4.5 4.5 0 00-9 0v3.5L6 17zM10.5 19.5h3M4 4l16 16',
  wave: 'M3 9c3 0 3 2.2 6 2.2S12 9 15 9s3 2.2 6 2.2M3 15c3 0 3 2.2 6 2.2s3-2.2 6-2.2 3 2.2 6 2.2',
} as const;

/** Drawn beside words, or in a button that has a label: never the only thing that says it. */
export function Icon({ name, size = 20 }: { readonly name: keyof typeof PATHS; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
