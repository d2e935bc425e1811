import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceNames } from '@accord/events/services';
import type { Environment } from './environment.ts';
import { beside, median, residentMegabytes, type Figure } from './figure.ts';

const idleMs = 5_000;
const bareServer = `
  const server = require('node:http').createServer((_, response) => response.end('{}'));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

/**
 * From spawn to a ready service, and its resident memory when it has been idle for 5 s; beside a Node that
 * listens and does nothing else.
 */
export async function benchStart(
  environment: Environment,
  databaseUrl: string,
  { starts = 3 } = {},
): Promise<Figure[]> {
  const bare = await bareNode(starts);
  const figures: Figure[] = [];
  for (const name of serviceNames) {
    // The first start migrates; it is not counted.
    const service = await environment.startService(name, databaseUrl, { ACCORD_LOG_LEVEL: 'info' });
    const seconds: number[] = [];
    const megabytes: number[] = [];
    for (let start = 0; start < starts; start += 1) {
      await service.kill('SIGTERM');
      const started = performance.now();
      await service.restart();
      seconds.push((performance.now() - started) / 1_000);
      await sleep(idleMs);
      megabytes.push(residentMegabytes(service.pid));
    }
    await service.stop();
    figures.push(
      beside(`${name} start`, 's', median(seconds), bare.seconds),
      beside(`${name} idle memory`, 'MB', median(megabytes), bare.megabytes),
    );
  }
  return figures;
}

async function bareNode(starts: number): Promise<{ seconds: number; megabytes: number }> {
  const seconds: number[] = [];
  const megabytes: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const started = performance.now();
    const child = spawn(process.execPath, ['-e', bareServer], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data) => resolve(String(data).trim())),
    );
    await (await fetch(`http://127.0.0.1:${port}`)).text();
    seconds.push((performance.now() - started) / 1_000);
    await sleep(idleMs / 5);
    megabytes.push(residentMegabytes(child.pid!));
    child.kill();
  }
  return { seconds: median(seconds), megabytes: median(megabytes) };
}
