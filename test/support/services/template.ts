import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { underMachineLock } from './machine-lock.ts';
import { run, type SystemUser } from './system.ts';

/**
 * A data folder of a freshly initialised server, made once per machine and user and then copied: copying takes a
 * fraction of initialising.
 *
 * `name` must change with whatever decides the content, above all the server's version. `make` fills an empty folder that
 * belongs to `user`. `templates` is where templates are kept.
 */
export async function copyOfTemplate(
  name: string,
  target: string,
  user: SystemUser | undefined,
  make: (folder: string) => Promise<void>,
  templates = join(tmpdir(), `tidemark-templates-${process.getuid?.()}`),
): Promise<void> {
  const template = join(templates, name);
  if (!existsSync(template)) {
    await underMachineLock(`template-${name}`, async () => {
      if (existsSync(template)) return;
      await mkdir(templates, { recursive: true });
      const folder = await mkdtemp(join(templates, `${basename(name)}.partial-`));
      await giveTo(user, folder);
      await make(folder);
      // Moved to its place when whole. Where there is no lock, another process may have been faster: theirs is as good.
      await rename(folder, template).catch(async (error: NodeJS.ErrnoException) => {
        await rm(folder, { recursive: true, force: true });
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      });
    });
  }
  await run('cp', ['-a', template, target]);
}

/** Makes the folder and all in it the user's; leaves it alone when there is no other user. */
async function giveTo(user: SystemUser | undefined, folder: string): Promise<void> {
  if (user) await run('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
}
