import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from './debian-packages.ts';
import { firstOf, NotHere, type Service } from './service.ts';
import { startServer } from './service-process.ts';
import { findProgram } from './system.ts';

const INSTALL = 'Install Prometheus 2.42 or later with promtool (Debian: apt-get install prometheus).';
const READY = /Server is ready to receive web requests/;

/** A Prometheus of the test's own, which reads the metrics of `target` (host and port) each 200 ms, and these rules. */
export async function startPrometheus(target = '127.0.0.1:9', rules: readonly string[] = []): Promise<Service> {
  return firstOf('Prometheus', INSTALL, [
    () => startBinary(target, rules),
    async () => (await installPackages('prometheus')) ?? startBinary(target, rules),
  ]);
}

/** The full path of promtool. Call it once Prometheus was provided. */
export function promtool(): string {
  const found = findProgram('promtool');
  if (found === undefined) throw new Error(`promtool is needed and is not on PATH. ${INSTALL}`);
  return found;
}

async function startBinary(target: string, rules: readonly string[]): Promise<Service | NotHere> {
  const command = findProgram('prometheus');
  if (command === undefined) return new NotHere('no prometheus on PATH');
  return startServer(async (port, folder) => {
    const config = join(folder, 'prometheus.json');
    const job = { job_name: 'tidemark', static_configs: [{ targets: [target] }] };
    // JSON is YAML.
    const global = { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '200ms' };
    await writeFile(config, JSON.stringify({ global, rule_files: rules, scrape_configs: [job] }));
    return {
      name: 'Prometheus',
      command,
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      ready: READY,
      stop: 'SIGKILL',
      url: `http://127.0.0.1:${port}`,
    };
  });
}
