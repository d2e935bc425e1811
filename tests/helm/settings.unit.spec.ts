import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { roles } from '@accord/postgres/provision';
import { auditOptions, auditSettings } from '../../deploy/audit/settings.ts';
import { readConfig as readContract } from '../../services/contract/src/config.ts';
import { readConfig as readNotification } from '../../services/notification/src/config.ts';
import { readConfig as readOrder } from '../../services/order/src/config.ts';
import { readConfig as readRefund } from '../../services/refund/src/config.ts';
import { cases, hasHelm, named, podOf, render, root, type KubernetesObject } from './chart.ts';
import { containerOf, environmentOf as environment } from './environment.ts';

// Each process reads with its own reader what the chart tells it.

const readers: Readonly<Record<ServiceName, (env: NodeJS.ProcessEnv) => object>> = {
  order: readOrder,
  contract: readContract,
  refund: readRefund,
  notification: readNotification,
};

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'accord-settings-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** The content of a mounted secret. */
const secretOf = (setting: string): string => {
  if (setting === 'ACCORD_SMS_SECRET') return `whsec_${Buffer.alloc(32).toString('base64')}`;
  return setting.endsWith('_URL') ? 'smtp://mail.example:587' : `of ${setting}`;
};

const environmentOf = (objects: readonly KubernetesObject[], workload: KubernetesObject, container: string) =>
  environment(objects, {
    workload,
    container,
    folder: join(folder, workload.metadata.name, container),
    contentOf: ({ setting }) => secretOf(setting),
  });

if (!hasHelm) test('needs helm', () => expect(hasHelm).toBe(false));

if (hasHelm)
  test.each(Object.keys(cases))(
    'API-17 each service reads its settings, and none that it does not know: %s',
    (name) => {
      const objects = render(...cases[name]!);
      const prefix = name === 'a platform that chooses the user' ? 'shop' : 'accord';
      for (const service of serviceNames) {
        const env = environmentOf(objects, named(objects, 'Deployment', `${prefix}-${service}`), service);
        const settings = readers[service](env) as Record<string, unknown>;
        const part = /^(ACCORD_(?:OPERATOR_|RELAY_)?DATABASE)_(?:HOST|PORT|NAME|USER|PASSWORD)$/;
        const unknown = Object.keys(env)
          .map((given) => (given in settings ? given : given.replace(/_FILE$/, '').replace(part, '$1_URL')))
          .filter((given) => !(given in settings) && !given.startsWith('OTEL_'));
        expect([service, unknown]).toEqual([service, []]);
        expect(env['ACCORD_OWNER_DATABASE_USER']).toBeUndefined();
      }
    },
  );

if (hasHelm)
  test('past a pooler the relay has a session of its own, and the auditor and the setup go there too', () => {
    const objects = render(...cases['a pooler, and pods by lag']!);
    const env = environmentOf(objects, named(objects, 'Deployment', 'accord-order'), 'order');
    const url = (user: string, at: string, of: string) =>
      `postgres://${user}:${encodeURIComponent(`of ACCORD_${of}DATABASE_PASSWORD`)}@${at}/accord`;
    const settings = readOrder(env);
    expect({
      ...settings,
      ACCORD_DATABASE_URL: settings.ACCORD_DATABASE_URL(),
      ACCORD_OPERATOR_DATABASE_URL: settings.ACCORD_OPERATOR_DATABASE_URL(),
      ACCORD_RELAY_DATABASE_URL: settings.ACCORD_RELAY_DATABASE_URL?.(),
    }).toMatchObject({
      ACCORD_DATABASE_URL: url('accord_order', 'accord-rw.postgres.svc:6432', ''),
      ACCORD_OPERATOR_DATABASE_URL: url('accord_order_operator', 'accord-rw.postgres.svc:6432', 'OPERATOR_'),
      ACCORD_RELAY_DATABASE_URL: url('accord_order_operator', 'direct.postgres.svc:5433', 'RELAY_'),
      ACCORD_KAFKA_BROKERS: ['a.kafka.svc:9092', 'b.kafka.svc:9094'],
      ACCORD_TOPIC_PREFIX: 'blue.',
      ACCORD_PUBLIC_URL: 'https://api.accord.example',
    });
    const auditor = named(objects, 'Deployment', 'accord-auditor');
    const { ACCORD_AUDIT_DATABASE_URL: audited } = auditSettings(environmentOf(objects, auditor, 'auditor'));
    expect(audited()).toBe(url('accord_auditor', 'direct.postgres.svc:5433', 'AUDIT_'));
    const [, , command, ...args] = podOf(auditor)!.spec.containers[0].args;
    expect([command, auditOptions(args)]).toEqual([
      'audit',
      { json: false, everyMs: 300_000, settleMs: 10_000 },
    ]);
    for (const job of ['provision', 'migrate']) {
      const { containers } = podOf(named(objects, 'Job', `accord-${job}`))!.spec;
      expect(containers[0].env).toContainEqual({
        name: 'ACCORD_DATABASE_HOST',
        value: 'direct.postgres.svc',
      });
    }
  });

if (hasHelm)
  test('what is over the defaults counts, false and 0 too, and a number is written out', () => {
    const objects = render(...cases['a service unlike the others']!);
    const data = (name: string) => named(objects, 'ConfigMap', `accord-${name}`).data;
    expect(data('refund')).toMatchObject({
      ACCORD_RATE_PER_MINUTE: '0',
      ACCORD_RATE_SHARED: 'false',
      ACCORD_LOG_LEVEL: 'debug',
      ACCORD_BODY_BYTES_PER_SECOND: '20971520',
      PROVIDER_PROFILE: '/run/secrets/accord/PROVIDER_PROFILE',
    });
    expect(data('order')).toMatchObject({ ACCORD_RATE_SHARED: 'true', ACCORD_LOG_LEVEL: 'warn' });
    const names = (kind: string) =>
      objects.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
    expect(names('PodDisruptionBudget')).toEqual(['accord-order', 'accord-contract', 'accord-notification']);
    expect(names('HorizontalPodAutoscaler')).toEqual([
      'accord-order',
      'accord-contract',
      'accord-notification',
    ]);
    const { spec } = named(objects, 'Deployment', 'accord-refund');
    expect(spec.replicas).toBe(1);
    expect(named(objects, 'Deployment', 'accord-order').spec.replicas).toBeUndefined();
    expect(spec.template).toMatchObject({
      metadata: { labels: { team: 'refunds' }, annotations: { reloader: 'yes' } },
      spec: {
        nodeSelector: { pool: 'quiet' },
        tolerations: [{ key: 'quiet', operator: 'Exists' }],
        priorityClassName: 'high',
      },
    });
  });

if (hasHelm)
  test('a pod begins anew with other settings, and with those alone', () => {
    const marks = (values: object) =>
      serviceNames.map((name) => {
        const { spec } = named(render(cases['production']![0], values), 'Deployment', `accord-${name}`);
        return spec.template.metadata.annotations['accord/settings'];
      });
    const before = marks({});
    expect(marks({ monitoring: { rules: { enabled: false } } })).toEqual(before);
    const after = marks({ services: { refund: { settings: { ACCORD_LOG_LEVEL: 'debug' } } } });
    expect(after.map((mark, i) => mark !== before[i])).toEqual([false, false, true, false]);
  });

if (hasHelm)
  test('API-20 the setup runs: with its settings provision and migrate get as far as the database', async () => {
    const objects = render(...cases['production']!);
    const run = async (job: string, container: string) => {
      const workload = named(objects, 'Job', `accord-${job}`);
      const told = environmentOf(objects, workload, container);
      const { args } = containerOf(workload, container);
      const nowhere = { ACCORD_DATABASE_HOST: '127.0.0.1', ACCORD_DATABASE_PORT: '1' };
      const env = { ...told, ...nowhere, PATH: process.env['PATH'] };
      const child = spawn(process.execPath, args.slice(1), {
        cwd: root,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said: string[] = [];
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => said.push(String(chunk)));
      const code = await new Promise((resolve) => child.once('close', resolve));
      return [code, said.join('')];
    };
    expect(await Promise.all([run('provision', 'provision'), run('migrate', 'order')])).toEqual([
      [1, expect.stringContaining('ECONNREFUSED 127.0.0.1:1')],
      [1, expect.stringContaining('ECONNREFUSED 127.0.0.1:1')],
    ]);
    const provision = environmentOf(objects, named(objects, 'Job', 'accord-provision'), 'provision');
    const given = Object.keys(provision).filter((name) => name.endsWith('_PASSWORD_FILE'));
    const wanted = [...roles.map((role) => role.toUpperCase()), 'ACCORD_ADMIN_DATABASE'];
    expect(given.sort()).toEqual(wanted.map((role) => `${role}_PASSWORD_FILE`).sort());
    const topics = environmentOf(objects, named(objects, 'Job', 'accord-topics'), 'topics');
    expect(topics).toEqual({
      ACCORD_ENV: 'production',
      ACCORD_KAFKA_BROKERS: 'accord-kafka-bootstrap.kafka.svc:9092',
      ACCORD_PLAIN_WIRES: 'kafka,postgres',
      ACCORD_TOPIC_PREFIX: '',
      ACCORD_TOPIC_REPLICATION: '3',
    });
  });
