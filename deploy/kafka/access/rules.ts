import { eventTypes } from '@accord/events';
import { topicsReadBy, topicsWrittenBy } from '@accord/events/access';
import { serviceNames, type Speaker, speakers } from '@accord/events/services';
import { deadLetterTopic } from '@accord/events/topics';

/** They connect to Kafka: services, the platform's other services that tell facts, and two commands. */
export const principals = [...speakers, 'auditor', 'topics'] as const;
type Principal = (typeof principals)[number];

/** As Kafka names them. To read, write or delete includes to describe. */
type Operation = 'Read' | 'Write' | 'Describe' | 'Create' | 'Delete' | 'AlterConfigs';

/** Rights of one over some topics or groups: all of one kind, by their whole names or their beginnings. */
export interface Rule {
  readonly principal: Principal;
  readonly operations: readonly Operation[];
  readonly resource: 'topic' | 'group';
  readonly pattern: 'literal' | 'prefixed';
  readonly names: readonly string[];
}

/** A reader's group is its own, and is deleted when it has read. */
const asReader = { operations: ['Read', 'Delete'], resource: 'group', pattern: 'prefixed' } as const;

function rulesOf(principal: Principal): Omit<Rule, 'principal'>[] {
  const topics = { resource: 'topic', pattern: 'literal' } as const;
  if (principal === 'auditor')
    return [
      { ...topics, operations: ['Read'], names: eventTypes },
      { ...asReader, names: ['accord.audit.'] },
    ];
  if (principal === 'topics')
    return [
      {
        ...topics,
        operations: ['Create', 'Describe', 'AlterConfigs'],
        names: [...eventTypes, ...serviceNames.map(deadLetterTopic)],
      },
    ];
  const writes = { ...topics, operations: ['Write'], names: topicsWrittenBy(principal as Speaker) } as const;
  if (principal === 'platform') return [writes];
  return [
    writes,
    { ...topics, operations: ['Read'], names: topicsReadBy(principal) },
    { operations: ['Read'], resource: 'group', pattern: 'literal', names: [`accord.${principal}`] },
    { ...asReader, names: [`accord.rebuild.${principal}.`] },
  ];
}

/** All that is allowed on a broker that allows nothing else (EVT-15). */
export const accessRules = (topicPrefix: string): readonly Rule[] =>
  principals.flatMap((principal) =>
    rulesOf(principal).map((rule) => ({
      ...rule,
      principal,
      names: rule.names.map((name) => topicPrefix + name),
    })),
  );
