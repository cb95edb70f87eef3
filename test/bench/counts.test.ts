import { describe, expect, it } from 'vitest';
import { median, percentile } from '../../bench/frame/percentiles.ts';
import { Measurements } from '../../bench/frame/result.ts';
import { Tally } from '../../bench/load/tally.ts';
import { PacketReader, publishPacket, TYPE } from '../../bench/systems/aedes/mqtt-packets.ts';
import { NatsReader } from '../../bench/systems/jetstream/nats-reader.ts';
import { numberIn, textOf } from '../../bench/systems/message.ts';

/** Benches are believed for what they count: so what counts is tested. */
describe('a tally of one run', () => {
  it('counts what was acknowledged and came to every receiver', () => {
    const tally = new Tally(7, 2);
    const number = tally.send();
    expect(number).toBe(7);
    expect(tally.answer(number, undefined)).toBe(false);
    expect(tally.deliver(number, 0)).toBe(false);
    expect(tally.isSettled).toBe(false);
    expect(tally.deliver(number, 1)).toBe(true);
    expect(tally.isSettled).toBe(true);
    expect(tally.result()).toMatchObject({ acknowledged: 1, deliveries: 2, lost: 0, duplicated: 0, unanswered: 0 });
  });

  it('counts as lost what was acknowledged and did not come, per receiver, and nothing that was not acknowledged', () => {
    const tally = new Tally(0, 3);
    const [partly, unanswered, refused] = [tally.send(), tally.send(), tally.send()];
    tally.answer(partly as number, undefined);
    tally.deliver(partly as number, 2);
    tally.answer(refused as number, 'overloaded');
    expect(unanswered).toBe(1);
    expect(tally.result()).toMatchObject({ acknowledged: 1, refused: 1, unanswered: 1, lost: 2, duplicated: 0 });
  });

  it('counts as duplicated what comes again, also from the run before', () => {
    const tally = new Tally(100, 1);
    const number = tally.send(0);
    tally.deliver(number, 0);
    tally.deliver(number, 0);
    tally.deliver(99, 0);
    expect(tally.result()).toMatchObject({ deliveries: 1, duplicated: 2 });
  });

  it('takes a message at the wrong receiver, and one that nobody sent, for a defect', () => {
    const tally = new Tally(0, 2);
    const number = tally.send(0);
    expect(() => tally.deliver(number, 1)).toThrow('was for 0');
    expect(() => tally.deliver(number + 1, 0)).toThrow('never sent');
  });
});

describe('figures', () => {
  it('are medians with their range, and what was lost and duplicated adds up', () => {
    const measured = new Measurements();
    for (const value of [3, 1, 2]) measured.add('x', 'speed', '1/s', value, { lost: 1, duplicated: 0 });
    measured.add('x', 'memory', 'B', 5);
    expect(measured.rows()).toEqual([
      { system: 'x', metric: 'speed', unit: '1/s', median: 2, min: 1, max: 3, lost: 3, duplicated: 0 },
      { system: 'x', metric: 'memory', unit: 'B', median: 5, min: 5, max: 5, lost: null, duplicated: null },
    ]);
    expect(() => measured.add('x', 'speed', '1/s', Number.NaN)).toThrow(RangeError);
  });

  it('have percentiles that were measured, and a median between two', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([percentile(samples, 0.5), percentile(samples, 0.99), percentile(samples, 1)]).toEqual([50, 99, 100]);
    expect(median([4, 1])).toBe(2.5);
  });
});

describe('raw drivers', () => {
  it('find the number of a message in its text', () => {
    expect(numberIn(textOf(1_234_567))).toBe(1_234_567);
    expect(textOf(0)).toHaveLength(160);
  });

  it.each([1, 3, 50, 1_000])('read MQTT from chunks of %i bytes', (size) => {
    const stream = Buffer.concat([publishPacket(1, 'user/ben', 'a'.repeat(300)), publishPacket(2, 'user/ben', 'b')]);
    const got: string[] = [];
    const reader = new PacketReader(({ type, id, payload }) => got.push(`${type} ${id} ${payload.length}`));
    for (let at = 0; at < stream.length; at += size) reader.read(stream.subarray(at, at + size));
    expect(got).toEqual([`${TYPE.publish} 1 300`, `${TYPE.publish} 2 1`]);
  });

  it.each([1, 3, 50, 1_000])('read NATS from chunks of %i bytes', (size) => {
    const stream = Buffer.from(
      'INFO {"x":1}\r\nPING\r\nMSG user.ben 2 9\r\nfirst\r\n2n\r\nHMSG user.ben 2 $R 12 14\r\nNATS/1.0\r\n\r\nhi\r\n+OK\r\n',
    );
    const got: string[] = [];
    const reader = new NatsReader({
      onPing: () => got.push('ping'),
      onPong: () => got.push('pong'),
      onMessage: (subject, payload) => got.push(`${subject} ${JSON.stringify(payload)}`),
    });
    for (let at = 0; at < stream.length; at += size) reader.read(stream.subarray(at, at + size));
    expect(got).toEqual(['ping', 'user.ben "first\\r\\n2n"', 'user.ben "hi"']);
  });
});
