import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { HistoryRecord } from '../../src/checker/history.ts';
import { openHistoryFile, readHistory } from '../../src/checker/history-file.ts';
import { ModelRun } from './model-run.ts';
import { failing } from './tampering.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'history-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function quiet(at: number, by: string): HistoryRecord {
  return { at, by, type: 'quiet' };
}

function write(folder: string, by: string, ...times: readonly number[]): string {
  const file = openHistoryFile(folder, by);
  for (const at of times) file.write(quiet(at, by));
  file.close();
  return file.path;
}

describe('the files of a history', () => {
  test('are merged by time, and each observer keeps its own order', () => {
    const folder = scratch();
    write(folder, 'device a/1', 1, 5, 4, 9);
    write(folder, 'server 0', 2, 6);
    const read = readHistory(folder).map(({ at, by }) => `${by} ${at}`);
    expect(read).toEqual(['device a/1 1', 'server 0 2', 'device a/1 5', 'device a/1 4', 'server 0 6', 'device a/1 9']);
  });

  test('are read without a last line that was torn, and go on after it', () => {
    const folder = scratch();
    const path = write(folder, 'device a/1', 1, 2);
    appendFileSync(path, '{"at":3,"by":"device a/1","type":"qui');
    expect(readHistory(folder).map(({ at }) => at)).toEqual([1, 2]);
    write(folder, 'device a/1', 4);
    expect(readHistory(folder).map(({ at }) => at)).toEqual([1, 2, 4]);
  });

  test('are refused when a line that is not the last is no record', () => {
    const folder = scratch();
    const path = write(folder, 'device a/1', 1);
    writeFileSync(path, `nonsense\n${readFileSync(path, 'utf8')}`);
    expect(() => readHistory(folder)).toThrow(`${path}:1 is no record`);
    writeFileSync(path, '{"at":"1","by":"x","type":"quiet"}\n');
    expect(() => readHistory(folder)).toThrow(':1 is no record');
  });

  test('bring a run back as it was, equal events as one object', () => {
    const run = new ModelRun(['alice/1', 'bob/1']);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat, { text: 'naïve 😀 \u2028 "quoted"\n' });
    const records = run.finish();
    const folder = scratch();
    const files = new Map<string, ReturnType<typeof openHistoryFile>>();
    for (const record of records) {
      const file = files.get(record.by) ?? openHistoryFile(folder, record.by);
      files.set(record.by, file);
      file.write(record);
    }
    for (const file of files.values()) file.close();
    const read = readHistory(folder);
    expect(read).toEqual(records);
    expect(failing(read)).toEqual([]);
    const logs = read.flatMap((record) => (record.type === 'log-dump' ? record.events : []));
    const shown = read.flatMap((record) => (record.type === 'device-dump' ? record.conversations : []));
    for (const { events } of shown) for (const event of events) expect(logs.some((each) => each === event)).toBe(true);
  });
});
