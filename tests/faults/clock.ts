// Loaded before a service (`--import`): its wall clock goes wrong by the milliseconds that the file
// ACCORD_CLOCK says, from soon after it says so. Timers go on.
import crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const file = process.env['ACCORD_CLOCK']!;
const RealDate = Date;
const { randomUUIDv7 } = crypto;
let wrongMs = 0;

const read = () => {
  try {
    wrongMs = Number(readFileSync(file, 'utf8'));
  } catch {
    wrongMs = 0;
  }
};
read();
setInterval(read, 100).unref();

const now = () => RealDate.now() + wrongMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(
      target,
      args.length === 0 ? [now()] : args,
      newTarget === globalThis.Date ? target : newTarget,
    ) as Date,
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
});

crypto.randomUUIDv7 = (options) => {
  const time = now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-${randomUUIDv7(options).slice(14)}` as ReturnType<
    typeof randomUUIDv7
  >;
};
syncBuiltinESMExports();
