import { parseArgs } from 'node:util';
import { type ServiceName, serviceNames } from '@accord/events/services';

const verbs = ['list', 'show', 'replay', 'discard'] as const;

/** As the API names them. */
export interface Filter {
  readonly eventIds?: readonly string[];
  readonly source?: string;
  readonly direction?: string;
  readonly type?: string;
  readonly key?: string;
  readonly reason?: string;
  readonly from?: string;
  readonly to?: string;
}

export interface RedriveOptions {
  readonly service: ServiceName;
  readonly verb: (typeof verbs)[number];
  readonly filter: Filter;
  readonly json: boolean;
}

export const usage = `npm run redrive -- <${serviceNames.join('|')}> <${verbs.join('|')}> [filters] [--json]

  list      events that the service gave up (in) and events of its that the broker refused (out), oldest first
  show      one of them, by --id, with payload, headers and what was done about it
  replay    tries them again; the later events of their keys follow in order
  discard   drops them for good; the later events of their keys follow

filters, all that are given must fit; replay and discard need one at least
  --id <event id>        may be given several times
  --source <uri>         of the event, where several sources use one id
  --direction in|out
  --type <event type>
  --key <key>            as the list shows it: an aggregate's id; of what others tell, the topic
                         before it, "payment.received ord_…"
  --reason <text>        a part of the reason, in any case
  --from, --to <time>    when it was given up, as 2026-01-31T09:00:00Z, or a whole day: 2026-01-31

It asks the API at ACCORD_API_URL with the operator's token in ACCORD_OPERATOR_TOKEN;
without them, the npm start of this folder.
Exit codes: 0 done, also where nothing fits; 1 the service refused or did not answer; 2 wrong arguments.`;

const text = { type: 'string' } as const;
const options = {
  id: { type: 'string', multiple: true },
  source: text,
  direction: text,
  type: text,
  key: text,
  reason: text,
  from: text,
  to: text,
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Undefined where help is asked for. @throws Error that says what is wrong. */
export function readOptions(args: readonly string[]): RedriveOptions | undefined {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { id, json, help, ...rest } = values;
  if (help) return undefined;
  const [service, verb, ...more] = positionals;
  const filter: Filter = { ...rest, ...(id && { eventIds: id }) };
  if (!isOneOf(serviceNames, service)) throw new Error(`name a service: ${serviceNames.join(', ')}`);
  if (!isOneOf(verbs, verb)) throw new Error(`say what to do: ${verbs.join(', ')}`);
  if (more.length > 0) throw new Error(`${more[0]} is too much`);
  checkValues(filter);
  if (verb === 'show' && id?.length !== 1) throw new Error('show needs one --id');
  if (verb !== 'list' && Object.keys(filter).length === 0) throw new Error(`${verb} needs a filter`);
  return { service, verb, filter, json };
}

const eventId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/;

/** Refuses the values that the API would refuse, in the words of the command line. */
function checkValues({ eventIds = [], direction, from, to }: Filter): void {
  const odd = eventIds.find((id) => !eventId.test(id));
  if (odd !== undefined) throw new Error(`--id takes an event id as list shows it, not ${odd}`);
  if (direction !== undefined && direction !== 'in' && direction !== 'out')
    throw new Error(`--direction takes in or out, not ${direction}`);
  for (const [name, given] of Object.entries({ from, to })) {
    if (given !== undefined && !time.test(given))
      throw new Error(`--${name} takes a time as 2026-01-31T09:00:00Z or a day, not ${given}`);
  }
}

const isOneOf = <T extends string>(words: readonly T[], word: string | undefined): word is T =>
  (words as readonly (string | undefined)[]).includes(word);
