import type { X509Certificate } from 'node:crypto';
import type { Logger } from 'pino';
import type { Actor, Database, Worker } from '@accord/core';
import type { Metrics } from '@accord/core/observability';
import { chainAt, subjectOf } from './certificate-chain.ts';
import { callSeconds } from './outside.ts';
import type { SealKey } from './seal-key.ts';
import { sealsWithoutStamp, type TimeStampAuthority } from './time-stamp-authority.ts';

// CTR-37: operators learn by metric, log and /startupz that a certificate that sealing needs ends, or is not valid.

const dayMs = 86_400_000;
/** Days before the end at which operators are warned. */
const warnedAt = [1, 7, 30];

/** The key that contracts are sealed with, and the authority for their time stamps. */
export interface SealParts {
  readonly sealKey: Pick<SealKey, 'chains' | 'port'>;
  readonly timeStamps?: TimeStampAuthority | undefined;
}

type Use = 'seal' | 'time_stamp' | 'signing_port';

interface InUse {
  readonly use: Use;
  readonly certificate: X509Certificate;
}

/** Of the seal the chain that it seals with at that time; of others those that they showed last. */
const certificatesAt = ({ sealKey, timeStamps }: SealParts, at: Date): InUse[] => {
  const of = (use: Use, certificates: readonly X509Certificate[] = []) =>
    certificates.map((certificate) => ({ use, certificate }));
  return [
    ...of('seal', chainAt(sealKey.chains, at)),
    ...of('time_stamp', timeStamps?.certificates()),
    ...of('signing_port', sealKey.port?.certificates()),
  ];
};

const daysTo = ({ validFromDate, validToDate }: X509Certificate, at: Date): number =>
  at < validFromDate ? -Infinity : daysLeft(validToDate, at);

/** To two digits; negative after the end. */
const daysLeft = (end: Date, at: Date): number =>
  Math.floor((end.getTime() - at.getTime()) / (dayMs / 100)) / 100;

export interface Warning {
  /** Another at each limit, and for another certificate of the same name. */
  readonly state: string;
  /** For people, on one line. */
  readonly text: string;
  readonly isValid: boolean;
  readonly facts: {
    readonly use: Use;
    readonly subject: string;
    readonly validFrom: string;
    readonly validTo: string;
    readonly daysLeft: number;
  };
}

/**
 * Of each use the certificate to warn of at that time: the first that is not valid, else the one that ends first,
 * once it ends within 30 days.
 */
export function warningsOf(parts: SealParts, at: Date): Warning[] {
  const firsts = new Map<Use, InUse>();
  for (const one of certificatesAt(parts, at)) {
    const first = firsts.get(one.use);
    if (!first || daysTo(one.certificate, at) < daysTo(first.certificate, at)) firsts.set(one.use, one);
  }
  return [...firsts.values()].flatMap((one) => warningOf(one, at));
}

function warningOf({ use, certificate }: InUse, at: Date): Warning[] {
  const days = daysTo(certificate, at);
  const limit = warnedAt.find((one) => days <= one);
  if (limit === undefined) return [];
  const [validFrom, validTo] = [certificate.validFromDate, certificate.validToDate].map((date) =>
    date.toISOString(),
  ) as [string, string];
  const subject = subjectOf(certificate);
  const how = days === -Infinity ? 'is not valid yet' : days < 0 ? 'ended' : `ends within ${limit} days`;
  return [
    {
      state: `${use} ${certificate.fingerprint256} ${how}`,
      text: `${use}: ${subject} ${how}, ${validFrom} to ${validTo}`,
      isValid: days >= 0,
      facts: { use, subject, validFrom, validTo, daysLeft: daysLeft(certificate.validToDate, at) },
    },
  ];
}

/** A log line for each warning, once in the life of a process; and the warnings of its last look. */
export function sealExpiry(parts: SealParts, log: Logger) {
  const told = new Set<string>();
  let standing: readonly Warning[] = [];
  const look = (at: Date) => {
    standing = warningsOf(parts, at);
    return standing.filter(({ state }) => !told.has(state));
  };
  const worker: Worker = {
    name: 'seal-expiry',
    everyMs: 60_000,
    due: ({ now }) => Promise.resolve(look(now).map(({ state: id }) => ({ id, accountId: '' }))),
    async run(db, { id }) {
      const warning = look(await timeOf(db)).find(({ state }) => state === id);
      if (!warning) return;
      told.add(id);
      const { facts, isValid } = warning;
      if (isValid) log.warn(facts, 'a certificate of the seal ends soon');
      else if (facts.use === 'seal')
        log.error(facts, 'a certificate of the seal is not valid: contracts wait in sealing');
      else log.error(facts, 'a certificate of those who are asked for the seal is not valid');
    },
  };
  return { worker, warnings: () => standing.map(({ text }) => text) };
}

/** Days left of each certificate that sealing needs, whether those of the seal are valid, and the calls of others. */
export const sealMetrics =
  (parts: SealParts) =>
  (metrics: Metrics, db: Database): void => {
    callSeconds(metrics);
    sealsWithoutStamp(metrics);
    parts.sealKey.port?.observe(metrics);
    parts.timeStamps?.observe(metrics);
    metrics.gauge(
      'accord_seal_certificate_days_left',
      'Days until a certificate that sealing needs ends, negative after its end',
      ['subject', 'use'],
      async (gauge) => {
        const at = await timeOf(db).catch(() => undefined);
        gauge.reset();
        for (const { use, certificate } of certificatesAt(parts, at ?? new Date(0)))
          gauge.set(
            { subject: subjectOf(certificate), use },
            at ? daysLeft(certificate.validToDate, at) : NaN,
          );
      },
    );
    metrics.gauge(
      'accord_seal_valid',
      'Whether all certificates of the seal are valid now: 1, else 0',
      [],
      async (gauge) => {
        const at = await timeOf(db).catch(() => undefined);
        const isInvalid = ({ facts, isValid }: Warning) => facts.use === 'seal' && !isValid;
        gauge.set(!at ? NaN : warningsOf(parts, at).some(isInvalid) ? 0 : 1);
      },
    );
  };

const system: Actor = { kind: 'system', id: 'seal-expiry' };
/** The service's time, which its database's clock tells. */
const timeOf = (db: Database): Promise<Date> => db.transaction(system, (tx) => Promise.resolve(tx.now));
