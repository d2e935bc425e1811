import { z } from 'zod';
import { catalogue, type EventType } from './catalogue.ts';
import type { EventDefinition } from './definition.ts';
import { schemaAddress } from './schema-address.ts';

/**
 * Others rely on it: the schema of a type's data, its topic, its speaker, and where in the data its key and
 * sequence stand.
 */
export type RecordedForm = { readonly [keyword: string]: z.core.util.JSONType };

/** The form to keep under recorded/, without its version. */
export function recordedForm(type: EventType): RecordedForm {
  const definition: EventDefinition = catalogue[type];
  const { $schema, ...schema } = z.toJSONSchema(definition.data, {
    io: 'input',
    override: byFormatAlone,
    metadata: withoutNames,
  }) as RecordedForm;
  const { id, version, accountId } = definition.about(pointer(''));
  return {
    $schema: $schema ?? null,
    $id: schemaAddress(type),
    title: type,
    description: definition.summary,
    'x-topic': type,
    'x-speaker': definition.speaker,
    'x-aggregate': definition.aggregate,
    'x-key': String(id),
    'x-sequence': String(version),
    'x-account': accountId === undefined ? null : String(accountId),
    ...schema,
  };
}

/** Names are those of the REST documents (API-3): what is recorded stands by itself. */
export const withoutNames = {
  get(schema: z.ZodType) {
    const { id: _, ...said } = z.globalRegistry.get(schema) ?? {};
    return said;
  },
} as unknown as typeof z.globalRegistry;

/** A format says what its pattern spells out, and stays when zod spells it differently. */
export function byFormatAlone({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format) delete jsonSchema.pattern;
}

/** Stands for any data and says, as text, which field of it was read: `/order/orderId`. */
const pointer = (at: string): unknown =>
  new Proxy(
    {},
    {
      get: (_, field) =>
        field === Symbol.toPrimitive
          ? () => at
          : typeof field === 'string'
            ? pointer(`${at}/${field}`)
            : undefined,
    },
  );
