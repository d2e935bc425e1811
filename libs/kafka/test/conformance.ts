import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { until } from '../../testing/src/waiting.ts';
import type * as Door from '../src/index.ts';
import type { GroupMember, Incoming, KafkaClient, MessageSlice, Outgoing } from '../src/index.ts';
import type { CrashingMemberSettings } from './crashing-member.ts';
import { startNetwork, type Network } from './network.ts';

const { CompressionTypes } = kafkajs;
const log = pino({ level: 'silent' });
const brokers = (process.env['ACCORD_KAFKA_BROKERS'] ?? '').split(',');
const sessionMs = 10_000;

/**
 * The conformance suite: any Kafka client behind the door of this package has to pass it, against a real broker
 * (`ACCORD_KAFKA_BROKERS`). Another client of that broker, kafkajs as it comes, does and sees what the door
 * does not show.
 *
 * @param url of the module that has the names of `../src/index.ts`.
 */
export async function describeKafkaClient(url: URL): Promise<void> {
  const { applyTopics, openAdmin, openKafka, openSender, readTopics, joinGroup, ...door } = (await import(
    url.href
  )) as typeof Door;
  const outsider = new Kafka({ brokers, clientId: 'outsider', logLevel: logLevel.NOTHING });
  const admin = outsider.admin();
  const members = new Set<GroupMember>();
  const used = new Set<KafkaClient>();
  let network: Network;
  let held: ReturnType<typeof holdMember>;

  beforeAll(async () => {
    network = await startNetwork(Number(brokers[0]!.split(':')[1]));
    await admin.connect();
    held = holdMember();
  });
  afterEach(async () => {
    network.isBetween = false;
    network.proxy.become('fair');
    await Promise.all([...members].map((member) => member.leave()));
    members.clear();
  });
  afterAll(async () => {
    for (const kafka of used) {
      const cleaner = await openAdmin(kafka);
      await cleaner.deleteTopics([...(await cleaner.topics())]);
      await cleaner.close();
    }
    await admin.disconnect();
    await network.stop();
  });

  /** A client with these topics and a prefix of its own. */
  async function withTopics(topics: readonly string[], { partitions = 2 } = {}): Promise<KafkaClient> {
    const topicPrefix = `k${randomBytes(4).toString('hex')}.`;
    await applyTopics({ brokers, topicPrefix, log }, { topics, replication: 1, partitions });
    const kafka = openKafka({ brokers, clientId: 'conformance', topicPrefix, log });
    used.add(kafka);
    const leaders = await openAdmin(kafka);
    const areLed = () =>
      leaders.offsetRanges(topics).then(
        () => true,
        () => false,
      );
    await until('every partition has a leader', areLed).finally(() => leaders.close());
    return kafka;
  }

  async function send(kafka: KafkaClient, batch: readonly Outgoing[]): Promise<void> {
    const sender = await openSender(kafka);
    await sender.send(batch).finally(() => sender.close());
  }

  /** All that the topics hold now, in the order of each partition. */
  async function readAll(kafka: KafkaClient, topics: readonly string[]): Promise<Incoming[]> {
    const read: Incoming[] = [];
    const onMessages = (_topic: string, _partition: number, messages: readonly Incoming[]) =>
      void read.push(...messages);
    const reader = await readTopics(kafka, { reader: 'all', topics, onMessages });
    await reader.untilRead(await reader.offsetRanges()).finally(() => reader.close());
    return read;
  }

  interface Member extends GroupMember {
    readonly slices: MessageSlice[];
    /** `topic/partition` of each. */
    assigned(): string[];
    values(): string[];
    readonly assignments: number;
    readonly fetches: number;
  }

  /** Handles all that it is given, unless told otherwise. */
  function join(
    kafka: KafkaClient,
    topics: readonly string[],
    { group = 'group', hasRoom = () => Promise.resolve(true) } = {},
  ): Member {
    const slices: MessageSlice[] = [];
    const seen = { assignments: 0, fetches: 0 };
    let isAssigned: (topic: string, partition: number) => boolean = () => false;
    const member = joinGroup(kafka, {
      group,
      topics,
      sessionMs,
      hasRoom,
      onSlice(slice) {
        slices.push(slice);
        member.handled(slice);
      },
      onAssigned(assigned) {
        seen.assignments += 1;
        isAssigned = assigned;
      },
      onFetched: () => void (seen.fetches += 1),
    });
    members.add(member);
    return {
      ...member,
      slices,
      assigned: () =>
        topics.flatMap((topic) =>
          [0, 1, 2, 3, 4, 5].filter((partition) => isAssigned(topic, partition)).map((n) => `${topic}/${n}`),
        ),
      values: () => slices.flatMap(({ messages }) => messages.map(({ value }) => value)),
      get assignments() {
        return seen.assignments;
      },
      get fetches() {
        return seen.fetches;
      },
    };
  }

  const numbered = (topic: string, from: number, count: number, more: Partial<Outgoing> = {}): Outgoing[] =>
    Array.from({ length: count }, (_, i) => ({
      topic,
      key: `key_${(from + i) % 7}`,
      value: String(from + i),
      headers: {},
      ...more,
    }));
  const numbers = (from: number, count: number) => numbered('', from, count).map(({ value }) => value);
  const sorted = (values: readonly string[]) => [...values].sort((a, b) => Number(a) - Number(b));

  /** A member that has no room until it is told: for longer than its session, beside the other tests. */
  async function holdMember() {
    const kafka = await withTopics(['held'], { partitions: 1 });
    await send(kafka, numbered('held', 0, 120));
    let [full, asked] = [false, 0];
    const hasRoom = async () => {
      asked += 1;
      if (full) await new Promise((resolve) => setTimeout(resolve, 200));
      return !full;
    };
    const slices: MessageSlice[] = [];
    let assignments = 0;
    const member = joinGroup(kafka, {
      group: 'group',
      topics: ['held'],
      sessionMs,
      hasRoom,
      onSlice(slice) {
        slices.push(slice);
        full = true;
      },
      onAssigned: () => void (assignments += 1),
    });
    await until('the first slice has come', () => slices.length === 1);
    return {
      since: performance.now(),
      member,
      slices,
      asked: () => asked,
      assignments: () => assignments,
      release: () => void (full = false),
    };
  }

  describe('sending', () => {
    test('a batch arrives once, each key in its order, and keys, values and headers byte for byte', async () => {
      const kafka = await withTopics(['one', 'two']);
      const odd = ['', ' ', 'ключ', '订单', 'a\u0000b', 'e\u0301', '👩‍👩‍👧', 'x'.repeat(5_000)];
      const batch = Array.from({ length: 240 }, (_, i) => ({
        topic: i % 3 === 0 ? 'two' : 'one',
        key: odd[i % odd.length]!,
        value: JSON.stringify({ i, text: odd[(i + 1) % odd.length] }),
        headers: { ce_id: String(i), 'ce-Wert': odd[(i + 2) % odd.length]!, empty: '' },
      }));
      await send(kafka, batch);
      const read = await readAll(kafka, ['one', 'two']);
      const place = ({ topic, key }: { topic: string; key?: string }) => `${topic} ${key}`;
      const inOrder = (messages: readonly (Outgoing | Incoming)[]) =>
        new Map(
          [...Map.groupBy(messages, place)]
            .map(([at, list]) => [at, list.map(({ value, headers }) => ({ value, headers }))] as const)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        );
      expect(inOrder(read)).toEqual(inOrder(batch));

      const bytes: Buffer[] = [];
      const consumer = outsider.consumer({ groupId: `${kafka.topicPrefix}outsider` });
      await consumer.connect();
      await consumer.subscribe({
        topics: ['one', 'two'].map((topic) => kafka.topicPrefix + topic),
        fromBeginning: true,
      });
      await consumer.run({
        eachMessage: ({ message: { key, value } }) =>
          Promise.resolve(void bytes.push(Buffer.concat([key!, value!]))),
      });
      await until('the other client has all', () => bytes.length >= batch.length);
      await consumer.disconnect();
      const hex = (list: readonly Buffer[]) => list.map((one) => one.toString('hex')).sort();
      expect(hex(bytes)).toEqual(hex(batch.map(({ key, value }) => Buffer.from(key + value))));
    });

    test('a key goes to the partition where the Java client puts it (murmur2, its own test values)', async () => {
      const hashes: readonly (readonly [string, number])[] = [
        ['21', -973932308],
        ['foobar', -790332482],
        ['a-little-bit-long-string', -985981536],
        ['a-little-bit-longer-string', -1486304829],
        ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
        ['abc', 479470107],
      ];
      const partitions = 5;
      for (const [key, hash] of hashes) {
        expect(door.partitionOf(key, 2 ** 31)).toBe(hash & 0x7fffffff);
        expect(door.partitionOf(key, partitions)).toBe((hash & 0x7fffffff) % partitions);
      }
      const kafka = await withTopics(['one'], { partitions });
      const message = { topic: 'one', value: 'v', headers: {} };
      await send(kafka, [
        ...hashes.map(([key]) => ({ ...message, key })),
        { ...message, key: 'foobar', partition: 3, value: 'named' },
        { ...message, partition: 4, value: 'no key' },
      ]);
      const read = await readAll(kafka, ['one']);
      expect(
        Object.fromEntries(read.filter(({ value }) => value === 'v').map((m) => [m.key, m.partition])),
      ).toEqual(Object.fromEntries(hashes.map(([key, hash]) => [key, (hash & 0x7fffffff) % partitions])));
      expect(
        read
          .filter(({ value }) => value !== 'v')
          .map(({ key, partition }) => [key, partition])
          .sort(),
      ).toEqual([
        ['', 4],
        ['foobar', 3],
      ]);
    });

    test('a refusal has the broker’s name, one for each kind of record, and the next batch goes out', async () => {
      const kafka = await withTopics(['one', 'compacted']);
      const [one] = numbered('one', 0, 1);
      await admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: 2,
            name: `${kafka.topicPrefix}compacted`,
            configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
          },
        ],
      });
      const refusal = async (...batch: Outgoing[]) => {
        const sender = await openSender(kafka);
        const error: unknown = await sender.send(batch).then(
          () => undefined,
          (failure: unknown) => failure,
        );
        await sender.close();
        return error === undefined ? 'none' : door.brokerErrorOf(error);
      };
      expect(await refusal({ ...one!, value: 'x'.repeat(2_000_000) })).toBe('MESSAGE_TOO_LARGE');
      expect(await refusal(one!, { ...one!, value: 'x'.repeat(2_000_000) })).toBe('MESSAGE_TOO_LARGE');
      expect(await refusal({ ...one!, topic: 'not a topic!' })).toBe('INVALID_TOPIC_EXCEPTION');
      await until('a record without a key is refused', async () => {
        const { key: _, ...keyless } = one!;
        return (await refusal({ ...keyless, topic: 'compacted', partition: 0 })) === 'INVALID_RECORD';
      });
      network.isBetween = true;
      network.proxy.corrupt('damaged on its way');
      expect(await refusal({ ...one!, value: 'damaged on its way' })).toBe('CORRUPT_MESSAGE');
      network.isBetween = false;
      expect(await refusal({ ...one!, value: 'the last' })).toBe('none');
      expect(
        (await readAll(kafka, ['one'])).map(({ value }) => value).filter((value) => value !== '0'),
      ).toEqual(['the last']);
    });

    test('a topic that the broker does not know is told from other refusals, and no client creates it', async () => {
      const kafka = await withTopics(['one']);
      const sender = await openSender(kafka);
      const failure: unknown = await sender.send(numbered('two', 0, 1)).catch((error: unknown) => error);
      expect(door.isUnknownTopic(failure)).toBe(true);
      expect([...(await sender.topics())]).toEqual(['one']);
      await sender.close();
      const tooLarge: unknown = await send(kafka, [
        { topic: 'one', key: 'k', value: 'x'.repeat(2_000_000), headers: {} },
      ]).catch((error: unknown) => error);
      expect(door.isUnknownTopic(tooLarge)).toBe(false);
    });
  });

  describe('a group', () => {
    test(
      'reads from the beginning, tells of partitions and fetches, and goes on at the committed ' + 'offsets',
      async () => {
        const kafka = await withTopics(['one']);
        await send(kafka, numbered('one', 0, 130));
        const first = join(kafka, ['one']);
        await first.joined;
        await until('all have come', () => first.values().length >= 130);
        expect(sorted(first.values())).toEqual(numbers(0, 130));
        expect(first.assigned()).toEqual(['one/0', 'one/1']);
        expect(first.fetches).toBeGreaterThan(0);
        for (const [, slices] of Map.groupBy(first.slices, ({ partition }) => partition)) {
          expect(slices[0]!.first).toBe(0n);
          for (const [i, { messages, first: from, next, end }] of slices.entries()) {
            expect(messages.length).toBeLessThanOrEqual(50);
            expect(messages.map(({ offset }) => BigInt(offset))).toEqual(
              messages.map((_, at) => from + BigInt(at)),
            );
            expect(next).toBe(from + BigInt(messages.length));
            if (i > 0) expect(from).toBe(slices[i - 1]!.next);
            expect(end).toBeGreaterThanOrEqual(next);
          }
        }
        await first.leave();
        await send(kafka, numbered('one', 130, 20));
        const second = join(kafka, ['one']);
        await until('the new ones have come', () => second.values().length >= 20);
        expect(sorted(second.values())).toEqual(numbers(130, 20));
      },
    );

    test('a member without topics joins no group', async () => {
      const kafka = await withTopics([]);
      const none = join(kafka, []);
      await none.joined;
      await none.leave();
      const { groups } = await admin.listGroups();
      expect(groups.filter(({ groupId }) => groupId.startsWith(kafka.topicPrefix))).toEqual([]);
    });

    test('members with different topics are assigned their own, and the leaver’s go to those that stay', async () => {
      const kafka = await withTopics(['shared', 'only_newer']);
      const older = join(kafka, ['shared']);
      await older.joined;
      const newer = join(kafka, ['shared', 'only_newer']);
      const all = () => [...older.assigned(), ...newer.assigned()].sort();
      const each = ['only_newer/0', 'only_newer/1', 'shared/0', 'shared/1'];
      await until('each partition is assigned once', () => all().join() === each.join());
      expect(newer.assigned().filter((name) => name.startsWith('only'))).toHaveLength(2);
      expect(older.assigned().length).toBeGreaterThan(0);
      await send(kafka, [...numbered('shared', 0, 40), ...numbered('only_newer', 40, 40)]);
      const values = () => [...new Set([...older.values(), ...newer.values()])];
      await until('all have come', () => values().length >= 80);
      expect(sorted(values())).toEqual(numbers(0, 80));
      expect(newer.slices.map(({ topic }) => topic)).toContain('only_newer');
      expect(new Set(older.slices.map(({ topic }) => topic))).not.toContain('only_newer');

      await newer.leave();
      await until('the other has both', () => older.assigned().length === 2);
      await send(kafka, numbered('shared', 80, 40));
      await until('these have come, too', () =>
        numbers(80, 40).every((value) => older.values().includes(value)),
      );
    });

    test('a member whose receiver has no room lets another join', async () => {
      const kafka = await withTopics(['one']);
      await send(kafka, numbered('one', 0, 200));
      let room = true;
      const full = join(kafka, ['one'], {
        hasRoom: async () => {
          if (!room) await new Promise((resolve) => setTimeout(resolve, 100));
          return room;
        },
      });
      await until('it has a slice of each partition', () => {
        room = new Set(full.slices.map(({ partition }) => partition)).size < 2;
        return !room;
      });
      const other = join(kafka, ['one']);
      const shares = () => [full.assigned().length, other.assigned().length];
      await until('each has a partition', () => shares().join() === '1,1');
      room = true;
      const values = () => new Set([...full.values(), ...other.values()]);
      await until('all have come', () => values().size >= 200);
      expect(shares()).toEqual([1, 1]);
    });

    test('messages whose offset a killed member did not commit come again to another, and no others', async () => {
      const kafka = await withTopics(['one'], { partitions: 1 });
      await send(kafka, numbered('one', 0, 120));
      const settings: CrashingMemberSettings = {
        door: url.href,
        brokers,
        topicPrefix: kafka.topicPrefix,
        group: 'group',
        topics: ['one'],
        sessionMs: 2_000,
      };
      const program = fileURLToPath(new URL('./crashing-member.ts', import.meta.url));
      const env = { ...process.env, NODE_OPTIONS: '' };
      const killed = spawn(process.execPath, [program, JSON.stringify(settings)], { env, stdio: 'ignore' });
      const committed = async () => {
        const [topic] = await admin.fetchOffsets({
          groupId: `${kafka.topicPrefix}group`,
          topics: [`${kafka.topicPrefix}one`],
        });
        return topic!.partitions[0]?.offset;
      };
      await until('it has committed its first slice', async () => (await committed()) === '50');
      killed.kill('SIGKILL');
      const next = join(kafka, ['one']);
      await until('the rest has come', () => next.values().length >= 70);
      expect(next.values()).toEqual(numbers(50, 70));
    });

    test('a member begins where it is told instead, at each joining', async () => {
      const kafka = await withTopics(['one']);
      await send(kafka, numbered('one', 0, 20));
      const reading = await openAdmin(kafka);
      const ends = await reading.offsetRanges(['one']);
      await reading.close();
      await send(kafka, numbered('one', 20, 20));
      const values: string[] = [];
      const member = joinGroup(kafka, {
        group: 'group',
        topics: ['one'],
        sessionMs,
        startAt: ends,
        hasRoom: () => Promise.resolve(true),
        onSlice: ({ messages }) => void values.push(...messages.map(({ value }) => value)),
      });
      members.add(member);
      await until('the later ones have come', () => values.length >= 20);
      expect(sorted(values)).toEqual(numbers(20, 20));
    });
  });

  describe('the network', () => {
    test('connections that end within an answer make no member and no sender deaf', async () => {
      const kafka = await withTopics(['one']);
      network.isBetween = true;
      const member = join(kafka, ['one']);
      await member.joined;
      for (let times = 0; times < 3; times += 1) {
        const { fetches } = member;
        network.proxy.tear();
        await until('it fetches again', () => member.fetches > fetches + 1);
      }
      network.proxy.calm();
      await send(kafka, numbered('one', 0, 30));
      await until('all have come', () => new Set(member.values()).size >= 30);
      expect(sorted([...new Set(member.values())])).toEqual(numbers(0, 30));
    });

    test(
      'while the broker is away a send fails, and a member waits for it; when it is back all goes ' + 'on',
      async () => {
        const kafka = await withTopics(['one']);
        network.isBetween = true;
        const member = join(kafka, ['one']);
        await member.joined;
        const sender = await openSender(kafka);
        await sender.send(numbered('one', 0, 10));
        network.proxy.become('away');
        await expect(sender.send(numbered('one', 10, 10))).rejects.toThrow();
        await sender.close();
        // A member that joins meanwhile waits for the broker, too.
        const later = join(kafka, ['one'], { group: 'later' });
        network.proxy.become('fair');
        await until('a new sender sends', () =>
          send(kafka, numbered('one', 20, 10)).then(
            () => true,
            () => false,
          ),
        );
        for (const each of [member, later])
          await until('all have come', () => new Set(each.values()).size >= 20);
        for (const each of [member, later])
          expect(
            sorted([...new Set(each.values())]).filter((value) => Number(value) < 10 || Number(value) >= 20),
          ).toEqual([...numbers(0, 10), ...numbers(20, 10)]);
      },
    );
  });

  describe('reading topics', () => {
    test('reads to the ends that it is given, follows, and leaves no group behind', async () => {
      const kafka = await withTopics(['one', 'two', 'empty']);
      await send(kafka, [...numbered('one', 0, 60), ...numbered('two', 60, 60)]);
      const read: Incoming[] = [];
      const reader = await readTopics(kafka, {
        reader: 'test',
        topics: ['one', 'two', 'empty', 'gone'],
        onMessages: (topic, partition, messages) => {
          expect(new Set(messages.map((message) => `${message.topic} ${message.partition}`))).toEqual(
            new Set([`${topic} ${partition}`]),
          );
          read.push(...messages);
        },
      });
      expect(reader.missing).toEqual(['gone']);
      const ranges = await reader.offsetRanges();
      expect(ranges).toHaveLength(6);
      expect(ranges.reduce((sum, { low, high }) => sum + Number(high - low), 0)).toBe(120);
      await reader.untilRead(ranges);
      expect(sorted(read.map(({ value }) => value))).toEqual(numbers(0, 120));
      await send(kafka, numbered('two', 120, 5));
      const later = await reader.offsetRanges();
      await reader.untilRead(later);
      expect([reader.hasRead(ranges), reader.hasRead(later)]).toEqual([true, true]);
      expect(sorted(read.map(({ value }) => value))).toEqual(numbers(0, 125));
      await reader.close();
      const { groups } = await admin.listGroups();
      expect(groups.filter(({ groupId }) => groupId.startsWith(kafka.topicPrefix))).toEqual([]);
    });

    test('the reader’s error and its abort are told where it is waited for', async () => {
      const kafka = await withTopics(['one'], { partitions: 1 });
      await send(kafka, numbered('one', 0, 3));
      const failing = await readTopics(kafka, {
        reader: 'failing',
        topics: ['one'],
        onMessages: () => Promise.reject(new Error('cannot take it')),
      });
      await expect(failing.untilRead(await failing.offsetRanges())).rejects.toThrow('cannot take it');
      await failing.close();
      const controller = new AbortController();
      const aborted = await readTopics(kafka, {
        reader: 'aborted',
        topics: ['one'],
        signal: controller.signal,
        onMessages: () => undefined,
      });
      const [range] = await aborted.offsetRanges();
      const waiting = aborted.untilRead([{ ...range!, high: range!.high + 1n }]);
      controller.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
      await aborted.close();
    });

    test(
      'messages that another client compressed are read; one that unpacks to more than any event says ' +
        'so',
      async () => {
        const kafka = await withTopics(['zipped'], { partitions: 1 });
        const name = `${kafka.topicPrefix}zipped`;
        const configEntries = Object.entries({
          'compression.type': 'gzip',
          'max.message.bytes': '5000000',
        }).map(([key, value]) => ({ name: key, value }));
        await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name, configEntries }] });
        const producer = outsider.producer();
        await producer.connect();
        const values = ['small', 'x'.repeat(1_500_000), 'y'.repeat(2_000_001)];
        for (const value of values)
          await until('the broker takes it', () =>
            producer
              .send({
                topic: name,
                compression: CompressionTypes.GZIP,
                messages: [{ value, headers: { a: 'b' } }],
              })
              .then(
                () => true,
                () => false,
              ),
          );
        await producer.disconnect();
        expect(await readAll(kafka, ['zipped'])).toEqual(
          [values[0], values[1], '2000001 bytes, too many for an event'].map((value, i) => ({
            topic: 'zipped',
            partition: 0,
            offset: String(i),
            key: '',
            value,
            headers: { a: 'b' },
            ...(i === 2 && { leftOut: true as const }),
          })),
        );
      },
    );
  });

  describe('transactions of other clients', () => {
    /** Sends into partitions of the topic `one`, and ends as it is told. */
    async function begin({ topicPrefix }: KafkaClient) {
      const producer = outsider.producer({
        transactionalId: `${topicPrefix}${randomBytes(4).toString('hex')}`,
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
      });
      await producer.connect();
      const transaction = await producer.transaction();
      return {
        send: (partition: number, ...values: string[]) =>
          transaction.send({
            topic: `${topicPrefix}one`,
            messages: values.map((value) => ({ partition, value })),
          }),
        async end(how: 'commit' | 'abort') {
          await transaction[how]();
          await producer.disconnect();
        },
      };
    }

    test('markers and aborted records are no messages, and nothing that a reader or a member waits for', async () => {
      const kafka = await withTopics(['one'], { partitions: 3 });
      const [aborted, committed] = [await begin(kafka), await begin(kafka)];
      await aborted.send(0, 'x', 'x');
      await aborted.send(2, 'x');
      await committed.send(1, 'a', 'b');
      await committed.end('commit');
      await aborted.end('abort');
      const ends = { 'one/0': 3n, 'one/1': 3n, 'one/2': 2n };
      expect((await readAll(kafka, ['one'])).map(({ value }) => value)).toEqual(['a', 'b']);
      const member = join(kafka, ['one']);
      const reached = (of: 'next' | 'end') =>
        Object.fromEntries(member.slices.map((slice) => [`${slice.topic}/${slice.partition}`, slice[of]]));
      await until('it has come to each end', () => Object.keys(reached('next')).length === 3);
      expect([member.values(), reached('next'), reached('end')]).toEqual([['a', 'b'], ends, ends]);
      await member.leave();
      const [offsets] = await admin.fetchOffsets({
        groupId: `${kafka.topicPrefix}group`,
        topics: [`${kafka.topicPrefix}one`],
      });
      expect(
        Object.fromEntries(offsets!.partitions.map((one) => [`one/${one.partition}`, BigInt(one.offset)])),
      ).toEqual(ends);
    });

    test('of transactions that overlap no aborted record is read, from wherever one begins', async () => {
      const kafka = await withTopics(['one'], { partitions: 1 });
      const [first, second] = [await begin(kafka), await begin(kafka)];
      for (const value of ['x', 'y']) {
        await first.send(0, value);
        await second.send(0, value);
      }
      await second.end('abort');
      await first.end('abort');
      const open = await begin(kafka);
      const last = await begin(kafka);
      await last.send(0, 'read');
      await open.send(0, 'not yet');
      await last.end('commit');
      expect((await readAll(kafka, ['one'])).map(({ value }) => value)).toEqual(['read']);
      const slices: MessageSlice[] = [];
      const member = joinGroup(kafka, {
        group: 'group',
        topics: ['one'],
        sessionMs,
        startAt: [{ topic: 'one', partition: 0, low: 0n, high: 3n }],
        hasRoom: () => Promise.resolve(true),
        onSlice: (slice) => void slices.push(slice),
      });
      members.add(member);
      const values = () => slices.flatMap(({ messages }) => messages.map(({ value }) => value));
      await until('it has read what is committed', () => slices.some(({ next }) => next === 7n));
      expect([values(), slices.at(-1)!.end]).toEqual([['read'], 7n]);
      await open.end('abort');
      await until('it has come to the end', () => slices.at(-1)!.next === 10n);
      expect([values(), slices.at(-1)!.end]).toEqual([['read'], 10n]);
    });
  });

  test('bytes that are no text and headers that are repeated are told', async () => {
    const kafka = await withTopics(['one'], { partitions: 1 });
    const producer = outsider.producer();
    await producer.connect();
    const headers = { once: 'a,b', twice: ['a', 'b'] };
    const value = Buffer.from([0x22, 0xc3, 0x28, 0x22]);
    await producer.send({ topic: `${kafka.topicPrefix}one`, messages: [{ value, headers }] });
    await producer.disconnect();
    expect(await readAll(kafka, ['one'])).toMatchObject([
      { value: '4 bytes that are no UTF-8', headers: { once: 'a,b', twice: 'a\nb' } },
    ]);
  });

  describe('topics', () => {
    test(
      'are created where they are missing; settings and partitions of others are compared; again ' +
        'nothing changes',
      async () => {
        const topicPrefix = `k${randomBytes(4).toString('hex')}.`;
        const settings = { brokers, topicPrefix, log };
        used.add(openKafka({ ...settings, clientId: 'conformance' }));
        const [one, two] = ['one', 'two'].map((topic) => topicPrefix + topic);
        const apply = (topics: string[], partitions: number) =>
          applyTopics(settings, { topics, replication: 1, partitions });
        const nothing = { created: [], corrected: [], mismatched: [] };
        expect(await apply(['one'], 2)).toEqual({ ...nothing, created: [one] });
        expect(await apply(['one', 'two'], 2)).toEqual({ ...nothing, created: [two] });
        expect(await apply(['one', 'two'], 2)).toEqual(nothing);
        expect(await apply(['one'], 3)).toEqual({
          ...nothing,
          mismatched: [`${one} has 2 partitions instead of 3`],
        });
        const configEntries = [{ name: 'retention.ms', value: '604800000' }];
        await admin.alterConfigs({
          validateOnly: false,
          resources: [{ type: 2, name: one!, configEntries }],
        });
        await until('the broker knows', async () => (await apply(['one'], 2)).corrected.length > 0);
        await until('it is as declared', async () => (await apply(['one'], 2)).corrected.length === 0);
      },
    );

    test('topics and groups are listed and deleted under the prefix alone', async () => {
      const [ours, others] = [await withTopics(['one', 'two']), await withTopics(['one'])];
      const member = join(ours, ['one'], { group: 'mine' });
      await member.joined;
      const ourAdmin = await openAdmin(ours);
      expect((await ourAdmin.cluster()).brokers).toBeGreaterThan(0);
      expect([[...(await ourAdmin.topics())].sort(), [...(await ourAdmin.groups())]]).toEqual([
        ['one', 'two'],
        ['mine'],
      ]);
      expect([...(await ourAdmin.deleteGroups(['mine'])).keys()]).toEqual(['mine']);
      await member.leave();
      expect((await ourAdmin.deleteGroups(['mine'])).size).toBe(0);
      await ourAdmin.deleteTopics(['one', 'two']);
      await until('they are gone', async () => (await ourAdmin.topics()).size === 0);
      await ourAdmin.close();
      const otherAdmin = await openAdmin(others);
      expect([...(await otherAdmin.topics())]).toEqual(['one']);
      await otherAdmin.close();
    });
  });

  test('a member keeps its place while its receiver has no room for longer than its session lasts', async () => {
    const { since, member, slices, asked, assignments, release } = await held;
    await until('its session would be over', () => performance.now() - since > sessionMs + 1_000);
    expect([slices.length, assignments()]).toEqual([1, 1]);
    expect(asked()).toBeGreaterThan(2);
    release();
    await until('more has come', () => slices.length > 1);
    expect(slices[1]!.first).toBe(slices[0]!.next);
    expect(assignments()).toBe(1);
    await member.leave();
  });
}
