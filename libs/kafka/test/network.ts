import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { NetConnectOpts, Socket } from 'node:net';
import { startProxy, type Proxy } from '@accord/testing/proxy';

type Connect = (to: NetConnectOpts & { port?: number }, onConnect?: () => void) => Socket;

/**
 * A network between this process and a broker that the test can disturb: connections that are opened while
 * `isBetween` go through a proxy. The broker tells its own address, so the client cannot be given another.
 */
export interface Network {
  readonly proxy: Proxy;
  isBetween: boolean;
  stop(): Promise<void>;
}

export async function startNetwork(brokerPort: number): Promise<Network> {
  const net = createRequire(import.meta.url)('node:net') as { connect: Connect; createConnection: Connect };
  const { connect, createConnection } = net;
  const proxy = await startProxy(() => brokerPort);
  const network: Network = {
    proxy,
    isBetween: false,
    async stop() {
      Object.assign(net, { connect, createConnection });
      syncBuiltinESMExports();
      await proxy.stop();
    },
  };
  const through: Connect = (to, onConnect) =>
    network.isBetween && Number(to.port) === brokerPort
      ? connect({ ...to, host: '127.0.0.1', port: proxy.port }, onConnect)
      : connect(to, onConnect);
  Object.assign(net, { connect: through, createConnection: through });
  syncBuiltinESMExports();
  return network;
}
