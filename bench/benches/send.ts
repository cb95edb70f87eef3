import type { Bench } from '../frame/bench.ts';
import { Measurements } from '../frame/result.ts';
import { startServices } from '../frame/services.ts';
import { complaintsOf, startContest } from '../load/contest.ts';
import type { SendRun } from '../load/generator.ts';
import { PEERS } from '../systems/peers.ts';
import { tidemark } from '../systems/tidemark/system.ts';

const PAIRS = 32;
const WINDOWS = [64, 256];

/** Direct messages, from the sender's socket to the receipt there and to the receiver's socket. */
export const send: Bench = {
  name: 'send',
  about:
    'Direct messages: latency of receipt and delivery one at a time, messages/s and CPU with 64 and 256 under way.',
  configs: ['redis-postgres', 'embedded', 'redis-mariadb', 'redis-postgres-mongo'],

  async run(context) {
    const { config, peers, quick, log, note } = context;
    const repetitions = quick ? 1 : 5;
    const milliseconds = quick ? 600 : 2_500;
    const measured = new Measurements();
    await using services = await startServices(config);
    await using contest = await startContest(services, peers ? [tidemark, ...PEERS] : [tidemark], context);
    const loads: SendRun[] = [
      { pairs: 1, window: 1, until: 'delivery', milliseconds },
      ...WINDOWS.map((window): SendRun => ({ pairs: PAIRS, window, until: 'receipt', milliseconds })),
    ];
    for (const load of loads) {
      const { window } = load;
      // Interleaved, so that what else the machine does hits all alike; the first round warms up and isn't counted.
      for (let repetition = quick ? 0 : -1; repetition < repetitions; repetition++) {
        for (const { system, measure } of contest.contestants) {
          const run = await measure('send', load);
          const complaints = complaintsOf(`${system.name} at window ${window}`, run);
          if (complaints) {
            log(`!!! ${complaints}`);
            note(`In one run, ${complaints}.`);
          }
          const { receipt, delivered, acknowledged, seconds } = run;
          const rate = acknowledged / seconds;
          log(
            `${repetition < 0 ? 'warm-up' : `round ${repetition + 1}`}, window ${window}, ${system.name}: ` +
              `${Math.round(rate)} messages/s, receipt ${receipt.p50.toFixed(2)} ms, delivered ${delivered.p50.toFixed(2)} ms`,
          );
          if (repetition < 0) continue;
          const add = (metric: string, unit: string, value: number): void =>
            measured.add(system.name, `${metric}, window ${window}`, unit, value, run);
          if (window === 1) {
            add('send → receipt p50', 'ms', receipt.p50);
            add('send → receipt p99', 'ms', receipt.p99);
            add('send → delivered p50', 'ms', delivered.p50);
            add('send → delivered p99', 'ms', delivered.p99);
            continue;
          }
          add('messages', '1/s', rate);
          for (const [part, micros] of Object.entries(run.cpu)) {
            add(`CPU of ${part} per message`, 'µs', micros / acknowledged);
          }
        }
      }
    }
    note(`Window 1: one pair of users, the next message when the one before has a receipt and has arrived.`);
    note(
      `Windows 64 and 256: ${PAIRS} pairs of users in ${PAIRS} direct conversations, ${2 * PAIRS} sockets, the window spread ` +
        'evenly over them; a place is free again when its receipt is there. Messages/s counts until the last delivery.',
    );
    note('Raw clients in a process of its own per system, on the same cores; each message has 160 bytes of text.');
    note('Lost: acknowledged, and not at its receiver 10 s after the end of the run.');
    return measured.rows();
  },
};
