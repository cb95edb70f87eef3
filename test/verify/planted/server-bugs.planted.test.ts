/**
 * Bugs of the server, one a run. Whole processes on real services: `npm run test:planted` runs them.
 */
import { SERVER_BUGS } from './planted-server-bugs.ts';
import { testThatCaught } from './planted-suite.ts';

testThatCaught(SERVER_BUGS);
