import { readdirSync, readFileSync } from 'node:fs';

/**
 * What Linux knows of a process and of everything it forked: Postgres serves each connection from a child of its own.
 * A process that has ended counts nothing by itself; its parent's sums hold what it used.
 */

/** Clock ticks per second in /proc/PID/stat: a constant of the kernel's interface on every platform Node runs on. */
const TICK_MICROS = 10_000;

export interface Memory {
  /** Resident bytes; pages shared between processes count in each. */
  readonly rss: number;
  /** Resident bytes; a shared page counts once, in parts. */
  readonly pss: number;
}

/** CPU used so far, user and system, in µs. Where the kernel keeps no finer account it goes in steps of 10 ms. */
export function cpuMicros(pid: number): number {
  const stats = allStats();
  const own = stats.get(pid);
  if (!own) throw new Error(`there is no process ${pid}`);
  return family(pid, stats).reduce(
    (sum, member) => sum + (microsOfThreads(member.pid) ?? member.ticks * TICK_MICROS),
    own.ticksOfEndedChildren * TICK_MICROS,
  );
}

/** Of its living threads, of which server processes end none while they work; undefined without schedstat. */
function microsOfThreads(pid: number): number | undefined {
  let nanos = 0;
  for (const thread of entries(`/proc/${pid}/task`)) {
    const [onCpu] = read(`/proc/${pid}/task/${thread}/schedstat`).split(' ');
    if (onCpu) nanos += Number(onCpu);
  }
  return nanos === 0 ? undefined : nanos / 1000;
}

export function memoryOf(pid: number): Memory {
  let rss = 0;
  let pss = 0;
  for (const member of family(pid, allStats())) {
    rss += kilobytes(read(`/proc/${member.pid}/status`), 'VmRSS');
    pss += kilobytes(read(`/proc/${member.pid}/smaps_rollup`), 'Pss');
  }
  return { rss: rss * 1024, pss: pss * 1024 };
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  /** Of the children that have ended and were waited for, and theirs. */
  readonly ticksOfEndedChildren: number;
}

function family(pid: number, stats: ReadonlyMap<number, Stat>): Stat[] {
  const own = stats.get(pid);
  const members = own ? [own] : [];
  for (const member of members) {
    for (const each of stats.values()) if (each.parent === member.pid) members.push(each);
  }
  return members;
}

function allStats(): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const name of entries('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = read(`/proc/${name}/stat`);
    if (line === '') continue;
    // The program's name may hold blanks and parentheses; the fields are counted from behind it.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const field = (number: number): number => Number(fields[number - 3]);
    const pid = Number(name);
    stats.set(pid, {
      pid,
      parent: field(4),
      ticks: field(14) + field(15),
      ticksOfEndedChildren: field(16) + field(17),
    });
  }
  return stats;
}

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}

/** None when the process has ended meanwhile. */
function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty when the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
