// npm run redrive -- <service> list|show|replay|discard …: what operators do with dead letters (EVT-10), by
// the API of the service.
import { join } from 'node:path';
import { readOptions, usage, type Filter, type RedriveOptions } from './redrive-options.ts';

interface Letter {
  readonly direction: 'in' | 'out';
  readonly eventId: string;
  readonly type: string;
  readonly key: string;
  readonly attempts: number;
  readonly reason: string | null;
  readonly parkedAt: string;
  readonly waitingBehind: number;
}

interface Inspected extends Letter {
  readonly payload: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly acts: readonly { readonly act: string; readonly actor: string; readonly at: string }[];
}

type Ask = <Body>(method: 'GET' | 'POST', path: string, body?: object) => Promise<Body>;

/** Of the API: so many on a page, and so many ids in one act. */
const atOnce = 200;

/** @throws Error where nobody is named to be asked. */
async function access(): Promise<{ url: string; token: string }> {
  const { ACCORD_API_URL: given, ACCORD_PORT: port = '8080', ACCORD_OPERATOR_TOKEN: token } = process.env;
  if (token) return { url: given?.replace(/\/$/, '') ?? `http://127.0.0.1:${port}`, token };
  if (given) throw new Error('ACCORD_OPERATOR_TOKEN is not set');
  // Beside a running `npm start` alone: half a second to load.
  const [{ home, runningPlatform }, { openSigner }] = await Promise.all([
    import('../parts/data-folder.ts'),
    import('../parts/issuer.ts'),
  ]);
  const { ACCORD_API_URL: url } = runningPlatform();
  if (!url)
    throw new Error('npm start does not run in this folder; set ACCORD_API_URL and ACCORD_OPERATOR_TOKEN');
  process.env.ACCORD_ENV = 'development';
  const signer = await openSigner(join(home, 'issuer.json'));
  return { url, token: await signer.token({ kind: 'operator' }) };
}

/** Speaks for the operator. @throws Error that says why there is no answer, or why it is no. */
function askOf({ url, token }: { url: string; token: string }, service: string): Ask {
  return async <Body>(method: string, path: string, body?: object) => {
    const response = await fetch(`${url}/v1/${service}-dead-letters${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(30_000),
    }).catch((cause: Error) => {
      throw new Error(`no answer from ${url}: ${((cause.cause as Error | undefined) ?? cause).message}`, {
        cause,
      });
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} answers ${response.status}: ${whyNot(text)}`);
    return JSON.parse(text) as Body;
  };
}

function whyNot(text: string): string {
  try {
    const {
      code,
      detail,
      errors = [],
    } = JSON.parse(text) as {
      code?: string;
      detail?: string;
      errors?: { pointer?: string; detail?: string }[];
    };
    const where = errors.map((error) => `${error.pointer ?? ''} ${error.detail ?? ''}`.trim());
    return [code, detail, ...where].filter(Boolean).join('; ');
  } catch {
    return text.slice(0, 200);
  }
}

async function listAll(ask: Ask, { eventIds, ...filter }: Filter): Promise<Letter[]> {
  const found: Letter[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const query = new URLSearchParams({
      ...filter,
      limit: String(atOnce),
      ...(eventIds && { eventIds: eventIds.join(',') }),
      ...(cursor && { cursor }),
    });
    const page = await ask<{ data: Letter[]; nextCursor: string | null }>('GET', `?${query}`);
    found.push(...page.data);
    cursor = page.nextCursor;
  }
  return found;
}

/** Nothing is done to what was not shown: it names what it found. */
async function act(ask: Ask, { verb, filter }: RedriveOptions, letters: readonly Letter[]): Promise<number> {
  let done = 0;
  for (let from = 0; from < letters.length; from += atOnce) {
    const eventIds = letters.slice(from, from + atOnce).map(({ eventId }) => eventId);
    done += (await ask<{ count: number }>('POST', `/${verb}`, { ...filter, eventIds })).count;
  }
  return done;
}

const behind = (count: number) => (count > 0 ? `, ${count} behind it` : '');
const line = ({ direction, eventId, type, key, attempts, reason, parkedAt, waitingBehind }: Letter) => {
  const fate = direction === 'in' ? `${attempts} tries` : 'refused by the broker';
  const head = [parkedAt, direction.padEnd(3), eventId, type, key, `(${fate}${behind(waitingBehind)})`];
  return `${head.join('  ')}\n  ${reason ?? ''}`;
};

const letterWords = (count: number, service: string) =>
  `${count} ${count === 1 ? 'dead letter' : 'dead letters'} of ${service}`;
const say = (text: string) => process.stdout.write(`${text}\n`);

function showOne(letter: Inspected): void {
  const headers = Object.entries(letter.headers).map(([name, value]) => `  ${name}: ${value}`);
  const acts = letter.acts.map((one) => `  ${one.at}  ${one.act}  ${one.actor}`);
  say(
    [
      line(letter),
      'headers',
      ...headers,
      'payload',
      `  ${letter.payload}`,
      'acts',
      ...(acts.length > 0 ? acts : ['  none']),
    ].join('\n'),
  );
}

async function run(options: RedriveOptions): Promise<void> {
  const { service, verb, filter, json } = options;
  const ask = askOf(await access(), service);
  if (verb === 'show') {
    const { eventIds: [id] = [], source } = filter;
    const query = source === undefined ? '' : `?${new URLSearchParams({ source })}`;
    const letter = await ask<Inspected>('GET', `/${encodeURIComponent(id!)}${query}`);
    return json ? void say(JSON.stringify(letter)) : showOne(letter);
  }
  const letters = await listAll(ask, filter);
  if (verb === 'list') {
    if (json) say(JSON.stringify({ data: letters }));
    else say([...letters.map(line), `${letterWords(letters.length, service)}.`].join('\n'));
    return;
  }
  if (!json) say([`To ${verb}: ${letterWords(letters.length, service)}.`, ...letters.map(line)].join('\n'));
  const done = await act(ask, options, letters);
  say(
    json
      ? JSON.stringify({ act: verb, asked: letters, count: done })
      : `Done: ${done} ${verb === 'replay' ? 'replayed' : 'discarded'}.`,
  );
}

async function main(): Promise<number> {
  let options: RedriveOptions | undefined;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (!options) {
    say(`usage: ${usage}`);
    return 0;
  }
  try {
    await run(options);
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

process.exitCode = await main();
