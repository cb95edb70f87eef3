import { catchUp } from './benches/catch-up.ts';
import { fanOut } from './benches/fan-out.ts';
import { growth } from './benches/growth.ts';
import { idle } from './benches/idle.ts';
import { inboxWrite } from './benches/inbox-write.ts';
import { overload } from './benches/overload.ts';
import { reconnectStorm } from './benches/reconnect-storm.ts';
import { send } from './benches/send.ts';
import { soak } from './benches/soak.ts';
import type { Bench } from './frame/bench.ts';

/** All benches, in the order in which `--list` names them. */
export const BENCHES: readonly Bench[] = [
  send,
  fanOut,
  catchUp,
  reconnectStorm,
  idle,
  inboxWrite,
  growth,
  soak,
  overload,
];
