import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { underMachineLock } from './machine-lock.ts';
import { NotHere } from './service.ts';
import { findProgram, isRoot, run } from './system.ts';

const POLICY = '/usr/sbin/policy-rc.d';

/** Whether packages can be installed here: root on Debian or a system derived from it. */
export function canInstallPackages(): boolean {
  return isRoot && existsSync('/etc/debian_version') && findProgram('apt-get') !== undefined;
}

/**
 * Installs Debian packages, one process at a time: a process that waited finds them installed and is done at once.
 * The packages' own daemons are not started.
 */
export async function installPackages(...packages: readonly string[]): Promise<undefined | NotHere> {
  if (!canInstallPackages()) return new NotHere('packages can be installed by root on Debian only');
  return underMachineLock('apt', async () => {
    if (await areInstalled(packages)) return undefined;
    process.stderr.write(`tests: installing ${packages.join(', ')} with apt-get\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const forbidDaemons = !existsSync(POLICY);
    try {
      if (forbidDaemons) await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
      await run('apt-get', ['update', '-qq'], { env });
      await run(
        'apt-get',
        ['install', '-qq', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...packages],
        { env, maxBuffer: 64 * 1024 * 1024 },
      );
      return undefined;
    } catch (error) {
      return new NotHere(`apt-get failed: ${(error as Error).message.trim()}`);
    } finally {
      if (forbidDaemons) await rm(POLICY, { force: true });
    }
  });
}

async function areInstalled(packages: readonly string[]): Promise<boolean> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is dpkg's own placeholder
  const query = run('dpkg-query', ['--show', '--showformat', '${db:Status-Status}\n', ...packages]);
  const { stdout } = await query.catch(() => ({ stdout: '' }));
  const states = stdout.trim().split('\n');
  return states.length === packages.length && states.every((state) => state === 'installed');
}
