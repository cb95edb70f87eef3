import type { Bench } from '../frame/bench.ts';
import { Measurements } from '../frame/result.ts';
import { startServices } from '../frame/services.ts';
import { complaintsOf, type Measured, startContest } from '../load/contest.ts';
import type { FanOutRun } from '../load/generator.ts';
import { bareWs } from '../systems/bare-ws/system.ts';
import { PEERS } from '../systems/peers.ts';
import { tidemark } from '../systems/tidemark/system.ts';

const SIZES = [200, 1_000];
const BURST = 10;

interface Cost {
  readonly perDelivery: number;
  /** Less what the message costs when nobody is there to get it. */
  readonly delivery: number;
}

function costOf(run: Measured, away: Measured): Cost {
  const toTakeIn = (away.cpu.server / away.acknowledged) * run.acknowledged;
  return { perDelivery: run.cpu.server / run.deliveries, delivery: (run.cpu.server - toTakeIn) / run.deliveries };
}

/** One group, all of it online: what it costs a server to hand one message to everybody. */
export const fanOut: Bench = {
  name: 'fan-out',
  about:
    'One group of 200 and one of 1,000 members online: deliveries/s, server CPU per delivery, publish to last member.',
  configs: ['redis-postgres', 'embedded', 'redis-mariadb', 'redis-postgres-mongo'],

  async run(context) {
    const { config, peers, quick, log, note } = context;
    const repetitions = quick ? 1 : 3;
    const milliseconds = quick ? 600 : 2_500;
    const measured = new Measurements();
    for (const size of SIZES) {
      // Bare ws runs in any case, and first: what the others spend is judged by what it spends in the same minute.
      await using services = await startServices(config);
      await using contest = await startContest(services, [bareWs, tidemark, ...(peers ? PEERS.slice(1) : [])], context);
      for (const { system, prepare } of contest.contestants) {
        await prepare('openGroup', size);
        log(`${system.name}: ${size} members are online`);
      }
      for (const burst of [1, BURST]) {
        const title = `${size} members, ${burst === 1 ? 'one message at a time' : `${burst} messages per tick`}`;
        for (let repetition = quick ? 0 : -1; repetition < repetitions; repetition++) {
          let bare: Cost | undefined;
          for (const contestant of contest.contestants) {
            const { name } = contestant.system;
            const load: FanOutRun = { burst, absent: false, milliseconds };
            const run = await contestant.measure('fanOut', load);
            const away = await contestant.measure('fanOut', { ...load, absent: true, milliseconds: milliseconds / 2 });
            for (const complaints of [complaintsOf(`${name}, ${title}`, run), complaintsOf(`${name}, away`, away)]) {
              if (complaints === undefined) continue;
              log(`!!! ${complaints}`);
              note(`In one run, ${complaints}.`);
            }
            const cost = costOf(run, away);
            bare ??= cost;
            const { deliveries, seconds, delivered } = run;
            log(
              `${repetition < 0 ? 'warm-up' : `round ${repetition + 1}`}, ${title}, ${name}: ` +
                `${Math.round(deliveries / seconds)} deliveries/s, server CPU ${cost.perDelivery.toFixed(2)} µs, ` +
                `of it ${cost.delivery.toFixed(2)} to deliver, last member after ${delivered.p50.toFixed(2)} ms`,
            );
            if (repetition < 0) continue;
            const add = (metric: string, unit: string, value: number): void =>
              measured.add(name, `${metric}, ${title}`, unit, value, run);
            add('deliveries', '1/s', deliveries / seconds);
            add('server CPU per delivery, in all', 'µs', cost.perDelivery);
            add('server CPU per delivery, in all ÷ bare ws', '×', cost.perDelivery / bare.perDelivery);
            add('server CPU per delivery, delivering alone', 'µs', cost.delivery);
            add('server CPU per delivery, delivering alone ÷ bare ws', '×', cost.delivery / bare.delivery);
            add('publish → last member p50', 'ms', delivered.p50);
            add('publish → last member p99', 'ms', delivered.p99);
          }
        }
      }
    }
    note(
      'The next message, or the next ten, when all members have what was published before, and its sender the receipts.',
    );
    note(
      'CPU in all: that of the whole server process; what it spends on taking the message in is shared by its deliveries.',
    );
    note(
      'Delivering alone: less what a message to a group as large costs of which nobody is online, measured right after.',
    );
    note(
      'Divided by bare ws: within each repetition, then the median; bare ws sends one ready string per socket and message.',
    );
    note(
      "Members' raw sockets are in a process of their own per system, on the same cores; each message has 160 bytes of text.",
    );
    note('Lost: acknowledged, and not at a member 10 s after the end of the run; counted per member.');
    return measured.rows();
  },
};
