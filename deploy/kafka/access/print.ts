import { parseArgs } from 'node:util';
import { readSettings } from '@accord/core/runtime';
import { kafkaSettings } from '@accord/platform';
import { chosenFormat, printed, type ChosenFormat } from './formats.ts';
import { accessRules, principals } from './rules.ts';

// Prints Kafka's access lists (EVT-15), `node deploy/accord.ts access`: as commands of Kafka's own tool, or as
// KafkaUsers of Strimzi. It asks nobody, and changes nothing.

const usage = `access [--format kafka-acls|strimzi] [--principal 'User:accord-{name}'] [--cluster accord]
       [--authentication scram-sha-512|tls]

  --format          commands of kafka-acls.sh (the default), or resources of Strimzi
  --principal       how the principals are called; {name} is one of ${principals.join(', ')}
  --cluster         of Strimzi: the Kafka that the users belong to
  --authentication  of Strimzi: how the users authenticate

It takes ACCORD_TOPIC_PREFIX from the environment.`;

const options = {
  format: { type: 'string', default: 'kafka-acls' },
  principal: { type: 'string', default: 'User:accord-{name}' },
  cluster: { type: 'string', default: 'accord' },
  authentication: { type: 'string', default: 'scram-sha-512' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function main(args: readonly string[]): number {
  let ask: ChosenFormat;
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help) {
      console.log(`usage: ${usage}`);
      return 0;
    }
    const parsed = chosenFormat.safeParse(values);
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0]!;
      throw new Error(`--${path.join('.')}: ${message}`);
    }
    ask = parsed.data;
  } catch (error) {
    console.error(`access: ${(error as Error).message}\nusage: ${usage}`);
    return 2;
  }
  try {
    const { ACCORD_TOPIC_PREFIX: prefix } = readSettings(
      kafkaSettings.pick({ ACCORD_TOPIC_PREFIX: true }),
      process.env,
    );
    console.log(printed(ask, accessRules(prefix)));
    return 0;
  } catch (error) {
    console.error(`access: ${(error as Error).message}`);
    return 1;
  }
}

process.exitCode = main(process.argv.slice(2));
