import { describe, expect, test } from 'vitest';
import { judge } from '../../src/checker/judge.ts';
import { PAGE_LIMITS, type TimelineData, timelineData } from '../../src/checker/page/timeline-data.ts';
import { timelinePage } from '../../src/checker/timeline-page.ts';
import { ModelRun } from './model-run.ts';
import { editShown, withoutEvent } from './tampering.ts';

function lossy(count: number, text = 'hello') {
  const run = new ModelRun(['alice/1', 'bob/1']);
  const chat = run.group('alice/1', 'bob');
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(run.send('alice/1', chat, { text }));
  run.fault('kill', 'device bob/1');
  run.kill('bob/1');
  const lost = ids.at(-1) as string;
  const records = editShown(run.finish(), 'bob-1/1', (each) => withoutEvent(each, count + 1));
  return { records, verdict: judge(records), lost };
}

describe('the timeline', () => {
  test('leads from a violation to the life of its message, with the device that lacks it and the faults', () => {
    const { records, verdict, lost } = lossy(3);
    const data = timelineData(records, verdict);
    const reach = verdict.violations.findIndex((violation) => violation.invariant === 'reach');
    const life = data.lives[data.lifeOfViolation[reach] ?? -1];
    expect(life).toMatchObject({ kind: 'message', violated: true });
    expect(life?.label).toContain(lost);
    const told = life?.points.map((point) => `${life.lanes[point.lane]} ${point.kind}`);
    for (const moment of [
      'device alice/1 sent',
      'server 0 stored',
      'server 0 published',
      'device alice/1 acknowledged',
    ]) {
      expect(told).toContain(moment);
    }
    expect(told).toContain('device bob/1 missing at the end');
    expect(told).toContain('device bob-1/fresh shown at the end');
    expect(data.faults).toMatchObject([{ kind: 'kill', target: 'device bob/1' }]);
    const cursor = verdict.violations.findIndex((violation) => violation.subject.kind === 'device');
    expect(data.lives[data.lifeOfViolation[cursor] ?? -1]).toMatchObject({ kind: 'user', label: 'bob-1' });
  });

  test('is bounded: the violating message is among those kept, and the page says what is not', () => {
    const { records, verdict, lost } = lossy(PAGE_LIMITS.messages + 50);
    const data = timelineData(records, verdict);
    const messages = data.lives.filter((life) => life.kind === 'message');
    expect(messages).toHaveLength(PAGE_LIMITS.messages);
    expect(messages.some((life) => life.label.includes(lost))).toBe(true);
    for (const life of data.lives) {
      if (life.kind === 'user') expect(life.points.length).toBeLessThanOrEqual(PAGE_LIMITS.pointsPerUser);
    }
    expect(timelinePage(records, verdict)).toContain(`${PAGE_LIMITS.messages} of 250 messages are here`);
  });

  test('is one file without a network, and takes what a user wrote as text', () => {
    const hostile = '</script><script>alert(1)</script><b>"&';
    const { records, verdict } = lossy(1, hostile);
    const page = timelinePage(records, verdict);
    expect(page).not.toContain('<script>alert');
    expect(page).not.toMatch(/(?:src|href)=|https?:\/\/(?!www\.w3\.org\/2000\/svg)|@import|url\(/);
    const embedded = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    const data = JSON.parse(embedded) as TimelineData;
    expect(data.lives[0]?.label).toContain(hostile.slice(0, 40));
  });

  test('shows an empty history as one that failed', () => {
    const page = timelinePage([], judge([]));
    expect(page).toContain('nothing was observed');
    expect(page).not.toContain('All promises kept');
  });
});
