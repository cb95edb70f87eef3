import type { Kinds } from './content.ts';
import { banter } from './seed-banter.ts';
import type { Line, Message } from './seed-line.ts';

export interface Talk {
  /** `null`: the direct conversation of the two members. */
  readonly title: string | null;
  /** The first one begins it. */
  readonly members: readonly string[];
  readonly lines: readonly Line[];
  /** How many of the last messages a member has not read yet. */
  readonly unreadBy: Readonly<Record<string, number>>;
}

/** A text, or an order. */
type Said = string | Kinds['order'];
/** Days ago, time of the day, who, what. */
type Script = readonly (readonly [days: number, time: string, from: string, said: Said])[];

/** What the first look shows: short talks, a long one to scroll in, a custom kind, long names, other scripts. */
export function demoTalk(now: number): Talk[] {
  return [
    talk(now, null, ['alice', 'bob'], ALICE_BOB, { alice: 2 }),
    talk(now, null, ['alice', 'carol'], ALICE_CAROL),
    talk(now, null, ['alice', 'dina'], ALICE_DINA),
    talk(now, null, ['bob', 'esra'], BOB_ESRA, { bob: 1 }),
    talk(now, 'Book club', ['carol', 'alice', 'bob', 'esra', 'farid'], BOOK_CLUB, { alice: 3, bob: 3 }),
    talk(
      now,
      'Moving the studio into the old rope factory by the quay: furniture, keys and everything else',
      ['farid', 'alice', 'bob', 'dina'],
      MOVING,
    ),
    { title: 'Harbour kitchen', members: CREW, lines: banter(now, CREW, 1_600), unreadBy: { alice: 64, bob: 8 } },
  ];
}

const CREW = ['alice', 'bob', 'carol', 'esra'];

function talk(
  now: number,
  title: string | null,
  members: readonly string[],
  script: Script,
  unreadBy: Talk['unreadBy'] = {},
): Talk {
  // What was said earlier today in the script was said yesterday when it is earlier still.
  const today = new Date(now);
  const shift = script.some(([days, time]) => atTime(today, days, time) > now) ? 1 : 0;
  const lines = script.map(([days, time, from, said], index): Line => {
    const message: Message =
      typeof said === 'string' ? { type: 'text', content: { text: said } } : { type: 'order', content: said };
    return { at: atTime(today, days + shift, time) + index, from, message };
  });
  return { title, members, lines, unreadBy };
}

function atTime(today: Date, days: number, time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() - days, hours, minutes).getTime();
}

const ALICE_BOB: Script = [
  [3, '17:42', 'bob', 'Did the lamp arrive in one piece?'],
  [3, '17:45', 'alice', 'It did. Even the glass.'],
  [3, '17:45', 'alice', 'The cardboard has seen a war, though.'],
  [3, '17:51', 'bob', 'That is what it is for.'],
  [1, '09:12', 'alice', 'We need two more for the counter. Same ones, if they still have them?'],
  [1, '09:20', 'bob', 'They do. Ordering now.'],
  [1, '09:24', 'bob', { orderId: 'A-1042', item: 'Brass pendant lamp, small', quantity: 2, total: 178 }],
  [1, '09:26', 'alice', 'Perfect, thank you!'],
  [0, '08:05', 'bob', 'Morning! The electrician can come at ten or at three. What suits you?'],
  [0, '08:06', 'bob', 'He would need about an hour, and somebody to hold the ladder.'],
];

const ALICE_CAROL: Script = [
  [
    6,
    '12:10',
    'carol',
    'I found the paper I was telling you about: https://example.com/archive/2019/tide-tables-and-the-harbours-that-kept-them-by-hand-for-three-hundred-years.html',
  ],
  [6, '12:31', 'alice', 'Reading it on the ferry. The bit about the clerks is wonderful.'],
  [6, '12:33', 'carol', 'Isn’t it? Three generations of the same handwriting.'],
  [2, '21:02', 'alice', 'Dinner on Friday? I’ll cook something with too much garlic.'],
  [2, '21:04', 'carol', 'Say no more 🧄🧄🧄'],
];

const ALICE_DINA: Script = [
  [9, '10:00', 'dina', 'صباح الخير! هل وصلت الطاولة؟'],
  [9, '10:04', 'alice', 'صباح النور، وصلت أمس. شكراً جزيلاً 🙏'],
  [9, '10:06', 'dina', 'رائع. الفاتورة رقم 2041 في الظرف.'],
  [9, '10:09', 'alice', 'Got it. I’ll pay it today.'],
];

const BOB_ESRA: Script = [
  [4, '14:00', 'esra', 'Do you still have the key to the back door?'],
  [4, '14:09', 'bob', 'On my desk, next to the plant that is not doing well.'],
  [1, '18:30', 'esra', 'Found both. The plant is doing worse.'],
];

const BOOK_CLUB: Script = [
  [12, '19:00', 'carol', 'Welcome, everyone. First book: “The Summer Book”. Short, and full of weather.'],
  [12, '19:03', 'farid', 'I have two copies, somebody take one.'],
  [12, '19:20', 'esra', 'Me!'],
  [5, '20:15', 'bob', 'Finished it. I want to live on an island and be difficult.'],
  [5, '20:17', 'alice', 'You have half of it already.'],
  [1, '20:40', 'carol', 'Thursday at mine, then? Seven o’clock.'],
  [1, '20:44', 'farid', 'I’ll bring the bread.'],
  [1, '20:52', 'esra', 'And I the other copy, with coffee on page 40. Sorry, Farid.'],
];

const MOVING: Script = [
  [8, '09:00', 'farid', 'Keys are with the porter from Monday. Ask for the grey envelope.'],
  [8, '09:30', 'dina', 'Floor plan: the long tables go along the windows, shelves on the north wall.'],
  [7, '16:12', 'alice', 'The lift takes 400 kg. The press is 380. I measured the press.'],
  [7, '16:14', 'bob', 'And who weighs the person who presses the button?'],
  [7, '16:15', 'alice', 'The button is outside. I checked that, too.'],
  [3, '11:00', 'dina', { orderId: 'A-1038', item: 'Moving boxes, double-walled', quantity: 60, total: 111.6 }],
  [3, '11:02', 'farid', 'That should do. Unless it is about the books.'],
];
