import { globSync, readFileSync } from 'node:fs';
import { pino } from 'pino';
import { contractService } from '@accord/contract';
import { constant } from '@accord/core/runtime';
import { catalogue, eventTypes, type EventDefinition, type EventType } from '@accord/events';
import { type Speaker, speakers } from '@accord/events/services';
import { speakerOf, topicSettings, topicsSpokenBy } from '@accord/events/topics';
import { notificationService } from '@accord/notification';
import { orderService } from '@accord/order';
import type { Service } from '@accord/platform';
import { loadProfile } from '@accord/profile';
import { refundService } from '@accord/refund';

const root = new URL('../../', import.meta.url);

type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly const?: string;
  readonly examples?: readonly string[];
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
};

/**
 * The services as their tables of contents say it; nothing is connected, so what they would connect with is
 * left open.
 */
export function services(): Service[] {
  const profile = loadProfile('baidu');
  const context = { log: pino({ level: 'silent' }) };
  const never = {} as Parameters<typeof contractService>[0]['sealKey'];
  return [
    orderService({ profile }, context),
    contractService({ profile, sealKey: never }, context),
    refundService({ profile }, context),
    notificationService(
      { profile, smtp: { url: constant('smtp://127.0.0.1:1') }, mailFrom: 'docs@example.com' },
      context,
    ),
  ];
}

const asyncApi = JSON.parse(
  readFileSync(new URL('../../libs/events/asyncapi.json', import.meta.url), 'utf8'),
) as {
  components: { schemas: Readonly<Record<string, Schema>> };
};
const { headers, ...schemas } = asyncApi.components.schemas;
const shared = Object.keys(schemas).filter((name) => !(name in catalogue));
const code = (word: string) => `\`${word}\``;

/** One field's values, in short. */
function shape(schema: Schema): string {
  if (schema.$ref) return link(schema.$ref.split('/').at(-1) ?? '');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(shape))].join(' or ');
  if (schema.allOf) return schema.allOf.map(shape).join(' and ');
  if (schema.enum) return [...schema.enum.map(code), ...(isNullable(schema) ? ['null'] : [])].join(', ');
  if (schema.items) return `list of ${shape(schema.items)}`;
  if (schema.properties)
    return `{ ${Object.entries(schema.properties)
      .map(([name, field]) => `${name}: ${shape(field)}`)
      .join('; ')} }`;
  if (schema.format === 'date-time') return `time${isNullable(schema) ? ' or null' : ''}`;
  return [schema.type ?? 'any'].flat().join(' or ');
}

const isNullable = ({ type }: Schema) => [type].flat().includes('null');
const link = (name: string) => `[${name}](#${name.toLowerCase()})`;
const definition = (type: EventType): EventDefinition => catalogue[type];

/** Declared for what is still to come: its service does not name it. `notice.ts` names all. */
function isPublished(type: EventType): boolean {
  const speaker = speakerOf(type);
  if (speaker === 'platform') return true;
  const sources = globSync(`services/${speaker}/src/**/*.ts`, { cwd: root }).filter(
    (file) => !/spec\.ts$|notice\.ts$/.test(file),
  );
  return sources.some((file) => readFileSync(new URL(file, root), 'utf8').includes(`'${type}'`));
}

/** As lines of a page; where there is more than one, the others stand below the first one's text. */
function folded(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S) /)) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
const columns = 110;

const fieldsOf = (name: string) => Object.entries(schemas[name]?.properties ?? {});

const typesOf = (speaker: Speaker, heardBy: (type: EventType) => string): string[] => [
  `## ${speaker}`,
  '',
  ...topicsSpokenBy(speaker).flatMap((type) => {
    const summary = definition(type).summary + (isPublished(type) ? '' : ' Not published yet.');
    return [
      ...folded(`- ${code(type)}: ${summary} Heard by ${heardBy(type)}.`, '  '),
      ...fieldsOf(type).flatMap(([name, field]) => folded(`  - ${code(name)}: ${shape(field)}`, '    ')),
    ];
  }),
  '',
];

const sharedSchema = (name: string): string[] => [
  `### ${name}`,
  '',
  ...fieldsOf(name).flatMap(([field, schema]) => folded(`- ${code(field)}: ${shape(schema)}`, '  ')),
  '',
];

/** docs/events.md. */
export function eventsPage(): string {
  const all = services();
  const heardBy = (type: EventType) =>
    all
      .filter(({ subscriptions }) => type in subscriptions)
      .map(({ name }) => name)
      .join(', ');
  const partitions = [...new Set(eventTypes.map((type) => topicSettings[type].partitions))].join(', ');
  return [
    '# Events',
    '',
    '<!-- Generated by `npm run docs` from libs/events and the services; a test fails when it is stale. -->',
    '',
    ...folded(
      `One Kafka topic per event type, named as the type; ${partitions} partitions each, kept forever. The ` +
        'key is the id of what the event is about, so the events of one order, contract or refund stay in ' +
        'order within a topic. Across topics they do not: decide by the version in the snapshot. An event may ' +
        'come more than once: remember its `ce_id` together with its `ce_source`. As AsyncAPI 3: ' +
        '`libs/events/asyncapi.json`. A message of each type: `libs/events/samples`.',
    ),
    '',
    '## Headers',
    '',
    'CloudEvents 1.0, Kafka binary mode: the value is the data as JSON, all else stands in the headers.',
    '',
    ...Object.entries(headers?.properties ?? {}).flatMap(([name, schema]) =>
      folded(`- ${code(name)}: ${headerWords(schema)}`, '  '),
    ),
    '',
    ...folded(
      'The platform tells its facts with `ce_specversion`, `ce_id` (a UUID), `ce_source`, `ce_type` and ' +
        '`ce_time` (1970 to 9999); each header once, a line of at most 300 characters without control ' +
        'characters. A message that is otherwise, whose value is no UTF-8 or no JSON, is nested more than 64 ' +
        'deep, has a name twice or U+0000 in a text, or names an account that no token may have, is a dead ' +
        'letter at once. A `traceparent` of another form is passed over, and so is a byte order mark before ' +
        'the value.',
    ),
    '',
    ...speakers.flatMap((speaker) => typesOf(speaker, heardBy)),
    '## Shared schemas',
    '',
    ...shared.flatMap(sharedSchema),
  ].join('\n');
}

function headerWords(schema: Schema): string {
  if (schema.const) return code(schema.const);
  return schema.description ?? schema.examples?.map(code).join(', ') ?? shape(schema);
}
