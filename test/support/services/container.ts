import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GenericContainer, StartedTestContainer } from 'testcontainers';
import { PATIENCE_MS } from '../patience.ts';
import { freePort } from './free-port.ts';
import { NotHere, type Service } from './service.ts';

/** A service as a container, for machines that have a Docker engine rather than the server's own package. */
export interface ContainerRecipe {
  readonly image: string;
  readonly port: number;
  readonly environment?: Record<string, string>;
  readonly command?: (port: number) => string[];
  /**
   * Shares the machine's own network, so that the server listens on the very port its URL names: what servers need that
   * tell clients where to go. Linux only. Otherwise `port` of the container is published.
   */
  readonly hostNetwork?: boolean;
  readonly url: (port: number) => string;
  /** Resolves when the service at this URL answers, and rejects while it does not. */
  readonly probe: (url: string) => Promise<unknown>;
}

/** Starts the container on a port of our own choice, which stays the same when it is killed and started again. */
export async function startContainer(recipe: ContainerRecipe): Promise<Service | NotHere> {
  const docker = await connectToDocker();
  if (docker instanceof NotHere) return docker;
  if (recipe.hostNetwork && process.platform !== 'linux') return new NotHere('Docker shares its network on Linux only');
  const port = await freePort([10_000]);
  const url = recipe.url(port);
  const settings = docker.container(recipe.image);
  if (recipe.hostNetwork) settings.withNetworkMode('host');
  else settings.withExposedPorts({ container: recipe.port, host: port });
  if (recipe.environment) settings.withEnvironment(recipe.environment);
  if (recipe.command) settings.withCommand(recipe.command(recipe.hostNetwork ? port : recipe.port));
  const container = await startOr(settings);
  if (container instanceof NotHere) return container;

  const answers = () => untilAnswers(() => recipe.probe(url), recipe.image);
  await answers();
  const handle = docker.byId(container.getId());
  let state: 'running' | 'stopped' = 'running';
  return {
    url,
    port,
    pid: undefined,
    kill9: async () => {
      if (state === 'running') await handle.kill({ signal: 'SIGKILL' });
      state = 'stopped';
    },
    restart: async () => {
      if (state === 'running') await handle.stop();
      await handle.start();
      state = 'running';
      await answers();
    },
    pause: async () => {
      await handle.pause();
    },
    resume: async () => {
      await handle.unpause();
    },
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  };
}

async function connectToDocker() {
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')];
  if (process.env.DOCKER_HOST === undefined && !sockets.some(existsSync)) return new NotHere('no Docker engine here');
  // Loaded only where it is used: it brings a whole Docker client with it.
  const { GenericContainer, getContainerRuntimeClient } = await import('testcontainers');
  try {
    const client = await getContainerRuntimeClient();
    return {
      container: (image: string): GenericContainer => new GenericContainer(image),
      byId: (id: string) => client.container.getById(id),
    };
  } catch (error) {
    return new NotHere(`no Docker engine answers: ${(error as Error).message}`);
  }
}

async function startOr(settings: GenericContainer): Promise<StartedTestContainer | NotHere> {
  try {
    return await settings.withStartupTimeout(PATIENCE_MS).start();
  } catch (error) {
    return new NotHere(`Docker could not start it: ${(error as Error).message}`);
  }
}

async function untilAnswers(probe: () => Promise<unknown>, name: string): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ; await sleep(100)) {
    try {
      await probe();
      return;
    } catch (error) {
      if (performance.now() > end) throw new Error(`${name} does not answer`, { cause: error });
    }
  }
}
