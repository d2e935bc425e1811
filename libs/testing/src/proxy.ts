import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How the network behaves: as it should, slow, silent (nothing arrives and nobody is told), half open (what
 * we send arrives, no answer does), or not there at all.
 */
export type Weather = 'fair' | 'slow' | 'silent' | 'half open' | 'away';

/** A TCP proxy that is the network between a service and what it needs. */
export interface Proxy {
  readonly port: number;
  /** Holds for connections that exist, too. */
  become(weather: Weather): void;
  /** Resets every connection; new ones are let through. */
  cut(): void;
  /** Resets each connection after half of what it is answered next. */
  tear(): void;
  /** Changes a bit of these bytes the next time that they are sent. */
  corrupt(bytes: string): void;
  /** Lets those be that were not answered since. */
  calm(): void;
  stop(): Promise<void>;
}

const slowMs = 150;

/** A reader that takes no more makes the sender wait, as without a proxy. */
const drained = (socket: Socket) =>
  new Promise<void>((resolve) => {
    const over = () => {
      socket.off('drain', over).off('close', over);
      resolve();
    };
    socket.on('drain', over).on('close', over);
  });

export async function startProxy(target: () => number): Promise<Proxy> {
  let weather: Weather = 'fair';
  const open = new Set<Socket>();
  const torn = new Set<Socket>();
  let corrupted: string | undefined;

  /** Waits with what was read, so that nothing is lost or overtaken when the weather clears. */
  const pass = async (chunk: Buffer, to: Socket, isAnswer: boolean) => {
    if (weather === 'slow') await sleep(slowMs);
    while ((weather === 'silent' || (weather === 'half open' && isAnswer)) && !to.destroyed) await sleep(50);
    if (!isAnswer && corrupted !== undefined && chunk.includes(corrupted)) {
      chunk[chunk.indexOf(corrupted)]! ^= 1;
      corrupted = undefined;
    }
    if (isAnswer && torn.delete(to)) {
      to.write(chunk.subarray(0, Math.ceil(chunk.length / 2)));
      await sleep(20);
      to.resetAndDestroy();
    }
    if (!to.destroyed && !to.write(chunk)) await drained(to);
  };
  const forward = (from: Socket, to: Socket, isAnswer: boolean) => {
    let last: Promise<void> = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      from.pause();
      last = last.then(() => pass(chunk, to, isAnswer)).finally(() => from.resume());
    });
    from.on('close', () => void last.then(() => to.destroy()));
    from.on('error', () => to.destroy());
  };
  const server = createServer((near) => {
    if (weather === 'away') return void near.resetAndDestroy();
    const far = connect(target(), '127.0.0.1');
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      open.add(socket);
      socket.once('close', () => [open, torn].forEach((sockets) => sockets.delete(socket)));
    }
    forward(near, far, false);
    forward(far, near, true);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => open.forEach((socket) => socket.resetAndDestroy());
  return {
    port: (server.address() as { port: number }).port,
    become(next) {
      weather = next;
      if (next === 'away') cut();
    },
    cut,
    tear: () => open.forEach((socket) => torn.add(socket)),
    corrupt: (bytes) => void (corrupted = bytes),
    calm: () => torn.clear(),
    stop: () =>
      new Promise((resolve) => {
        open.forEach((socket) => socket.destroy());
        server.close(() => resolve());
      }),
  };
}
