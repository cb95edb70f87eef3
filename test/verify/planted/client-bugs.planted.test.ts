/**
 * Bugs of the client, one a run; and the controls of all planted bugs.
 */
import {
  EVERYTHING_AT_ONCE,
  LEASES_LOST,
  LOST_FRAMES,
  NEW_EPOCH,
  OVERLAPPING_OWNERS,
  SHORT_RETENTION,
  TAKEN_OVER,
} from './circumstances.ts';
import { CLIENT_BUGS } from './planted-client-bugs.ts';
import { testThatCaught, testThatPasses } from './planted-suite.ts';

testThatCaught(CLIENT_BUGS);

testThatPasses([
  { name: 'under faults', faults: ['after-local-commit', 'ws-cut'], seconds: 7, devicesPerUser: 2 },
  ...[EVERYTHING_AT_ONCE, LOST_FRAMES, TAKEN_OVER].map((circumstance) => ({
    name: circumstance.name,
    circumstance,
    faults: [],
  })),
  { name: SHORT_RETENTION.name, circumstance: SHORT_RETENTION, faults: ['kill-device'] },
  { name: NEW_EPOCH.name, circumstance: NEW_EPOCH, faults: ['kill-server'] },
  {
    name: 'on Redis and Postgres',
    configuration: 'redis-postgres',
    circumstance: OVERLAPPING_OWNERS,
    faults: ['pause-after-allocate'],
    plan: LEASES_LOST,
    seconds: 9,
    devicesPerUser: 2,
  },
]);
