import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playStory, startSystem, type System } from '@accord/local';
import { loadProfile } from '@accord/profile';
import { clientOf } from '@accord/testing';
import { examplesFile, wholeDocument } from './document.ts';

// `npm run api:examples`: plays the story, and records an answer of each operation as its example (API-3).

const operations = Object.entries(wholeDocument().paths!).flatMap(([path, item]) =>
  Object.entries(item as Record<string, { operationId: string }>).map(([method, { operationId }]) => ({
    method: method.toUpperCase(),
    path,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/?]+)')}$`),
    operationId,
  })),
);
const recorded = new Map<string, unknown>();

/** One row is enough, and tells that there may be more. */
function shortened(body: object): object {
  const { data } = body as { data?: unknown };
  return Array.isArray(data) ? { ...body, data: data.slice(0, 1) } : body;
}
const isEmpty = (body: unknown) => (body as { data?: unknown[] }).data?.length === 0;

async function note(method: string, url: string, response: Response): Promise<void> {
  const { pathname } = new URL(url);
  const fitting = operations.filter((one) => one.method === method && one.pattern.test(pathname));
  // A path without parameters stands before one with them.
  const [operation] = fitting.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  if (!operation || !isJson || response.status >= 300) return;
  const before = recorded.get(operation.operationId);
  if (before === undefined || isEmpty(before))
    recorded.set(operation.operationId, shortened((await response.json()) as object));
}

const sent = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const response = await sent(input, init);
  if (typeof input === 'string') await note(init?.method ?? 'GET', input, response.clone());
  return response;
};

/** Asks for all that can be read and that the story did not ask for, by the ids that it left behind. */
async function readTheRest(system: System): Promise<void> {
  const said = JSON.stringify([...recorded.values()]);
  const idOf = (name: string) => new RegExp(`"${name}":"([^"]+)"`).exec(said)?.[1] ?? 'none';
  const asks = [{ kind: 'customer', accountId: 'acc_demo' }, { kind: 'operator' }] as const;
  for (const { method, path, operationId } of operations)
    for (const ask of asks) {
      const before = recorded.get(operationId);
      if (method !== 'GET' || (before !== undefined && !isEmpty(before))) continue;
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => idOf(name));
      await clientOf(system.url, () => system.token(ask)).get(filled);
    }
}

/** What the story has no need of. */
async function changeTheRest(system: System): Promise<void> {
  const customer = clientOf(system.url, () =>
    system.token({ kind: 'customer', accountId: 'acc_demo', subject: 'usr_li' }),
  );
  const { notificationId } = (recorded.get('listNotifications') as { data: { notificationId: string }[] })
    .data[0]!;
  await customer.post(`/v1/notifications/${notificationId}/read`);
  await customer.post('/v1/notifications/read-all', {});
}

const dataDir = mkdtempSync(join(tmpdir(), 'accord-'));
process.env['ACCORD_ENV'] = 'development';
const profile = join(dataDir, 'profile.json');
const orders = { payWithin: 'PT7S', payWithinWhenContracted: 'PT30M' };
writeFileSync(profile, JSON.stringify({ extends: 'baidu', version: '1-examples', orders }));
const system = await startSystem({ dataDir, profile, settings: { ACCORD_CHECK_ANSWERS: 'true' } });
try {
  await playStory({ system, rules: loadProfile('baidu'), say: () => undefined });
  await readTheRest(system);
  await changeTheRest(system);
} finally {
  await system.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
const sorted = [...recorded].sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(examplesFile, `${JSON.stringify(Object.fromEntries(sorted), null, 1)}\n`);
const without = operations.filter(({ operationId }) => !recorded.has(operationId));
console.log(`${sorted.length} answers; none of ${without.map(({ operationId }) => operationId).join(', ')}`);
