import { expect, test } from 'vitest';
import { LimitEvents } from '../src/limit-events.ts';
import { ServerEventBus } from '../src/server-events.ts';
import { alice, bob } from './support/commands.ts';
import { ManualClock } from './support/manual-clock.ts';
import { recorded } from './support/recorded.ts';

test('a limit that is reached again and again is reported once a second for each limit and caller', async () => {
  const clock = new ManualClock();
  const events = new ServerEventBus();
  const reached = recorded(events, 'limit-reached');
  const limits = new LimitEvents(events, clock);
  for (let call = 0; call < 100; call++) limits.reached('limits.feedsPerUser', { userId: alice });
  limits.reached('limits.feedsPerUser', { userId: bob });
  limits.reached('limits.page', { userId: alice });
  expect(reached).toEqual([
    { limit: 'limits.feedsPerUser', userId: alice },
    { limit: 'limits.feedsPerUser', userId: bob },
    { limit: 'limits.page', userId: alice },
  ]);
  await clock.advance(1_000);
  limits.reached('limits.feedsPerUser', { userId: alice });
  expect(reached).toHaveLength(4);
});
