/**
 * Bugs of the client, one a run; and the controls of all planted bugs.
 */
import { EVERYTHING_AT_ONCE, LOST_FRAMES, NEW_EPOCH, OVERTAKING, SHORT_RETENTION } from './circumstances.ts';
import { CLIENT_BUGS } from './planted-client-bugs.ts';
import { testThatCaught, testThatPasses } from './planted-suite.ts';

testThatCaught(CLIENT_BUGS);

testThatPasses([
  { name: 'under faults', faults: ['after-local-commit', 'ws-cut'], seconds: 7, devicesPerUser: 2 },
  ...[EVERYTHING_AT_ONCE, LOST_FRAMES].map((circumstance) => ({ name: circumstance.name, circumstance, faults: [] })),
  { name: SHORT_RETENTION.name, circumstance: SHORT_RETENTION, faults: ['kill-device'] },
  { name: NEW_EPOCH.name, circumstance: NEW_EPOCH, faults: ['kill-server'] },
  {
    name: 'on Redis and Postgres',
    configuration: 'redis-postgres',
    circumstance: OVERTAKING,
    faults: ['pause-server'],
    seconds: 10,
  },
]);
