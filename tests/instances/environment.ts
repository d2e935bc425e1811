import { join } from 'node:path';
import { freePort, placeOf, startKafka, startPostgres } from '@accord/local/parts';
import { startProxy } from '@accord/testing/proxy';
import { removeAtEnd } from '../outside.ts';
import type { Environment } from './clients.ts';

/** A Postgres and a broker of our own, the broker behind `doors` proxies besides. */
export async function startEnvironment(
  home: string,
  { doors: count }: { doors: number },
): Promise<Environment & { stop(): Promise<void> }> {
  const started = new AsyncDisposableStack();
  removeAtEnd(started, [home, placeOf(join(home, 'postgres'))]);
  const postgres = await startPostgres({ dataDir: join(home, 'postgres'), durable: false });
  started.defer(() => postgres.stop());
  const [port, controllerPort] = [await freePort(), await freePort()];
  const doors = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const behind = await freePort();
      const proxy = await startProxy(() => behind);
      started.defer(proxy.stop);
      return { name: `DOOR${i}`, behind, brokers: `127.0.0.1:${proxy.port}`, proxy };
    }),
  );
  const listeners = [
    ...doors.map(({ name, behind }) => `${name}://127.0.0.1:${behind}`),
    `PLAINTEXT://127.0.0.1:${port}`,
  ];
  const shown = [
    ...doors.map(({ name, brokers }) => `${name}://${brokers}`),
    `PLAINTEXT://127.0.0.1:${port}`,
  ];
  const kafka = await startKafka({
    dataDir: join(home, 'broker'),
    port,
    settings: {
      listeners: [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(),
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'advertised.listeners': shown.join(),
      'listener.security.protocol.map': ['PLAINTEXT', 'CONTROLLER', ...doors.map(({ name }) => name)]
        .map((name) => `${name}:PLAINTEXT`)
        .join(),
    },
  });
  started.defer(() => kafka.stop());
  return {
    postgresUrl: postgres.url,
    brokers: kafka.brokers,
    doors,
    home: join(home, 'logs'),
    stop: () => started.disposeAsync(),
  };
}
