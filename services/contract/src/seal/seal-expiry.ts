import type { X509Certificate } from 'node:crypto';
import type { Logger } from 'pino';
import type { Actor, Database, Worker } from '@accord/core';
import type { Metrics } from '@accord/core/observability';
import { chainAt, subjectOf } from './certificate-chain.ts';
import type { SealKey } from './seal-key.ts';

// CTR-37: operators learn by metric and log that a certificate of the seal ends, or is not valid.

const dayMs = 86_400_000;
/** Days before the end at which operators are warned. */
const warnedAt = [1, 7, 30];

type Chains = Pick<SealKey, 'chains'>;

/**
 * The certificate to warn of at that time: the first that is not valid, else the one that ends first, once it
 * ends within 30 days. `state` is another at each limit.
 */
export function warningOf({ chains }: Chains, at: Date) {
  const [{ certificate, days }] = chainAt(chains, at)
    .map((one) => ({
      certificate: one,
      days: at < one.validFromDate ? -Infinity : daysLeft(one.validToDate, at),
    }))
    .sort((a, b) => a.days - b.days) as [{ certificate: X509Certificate; days: number }];
  const limit = warnedAt.find((one) => days <= one);
  if (limit === undefined) return undefined;
  const [validFrom, validTo] = [certificate.validFromDate, certificate.validToDate].map((date) =>
    date.toISOString(),
  );
  const subject = subjectOf(certificate);
  return {
    state: `${subject} ${days === -Infinity ? 'is not valid yet' : days < 0 ? 'ended' : `ends within ${limit} days`}`,
    isValid: days >= 0,
    facts: { subject, validFrom, validTo, daysLeft: daysLeft(certificate.validToDate, at) },
  };
}

/** To two digits; negative after the end. */
const daysLeft = (end: Date, at: Date): number =>
  Math.floor((end.getTime() - at.getTime()) / (dayMs / 100)) / 100;

/** A log line for each warning, once in the life of a process. */
export function sealExpiry(key: Chains, log: Logger): Worker {
  const told = new Set<string>();
  return {
    name: 'seal-expiry',
    everyMs: 60_000,
    due({ now }) {
      const warning = warningOf(key, now);
      const isNew = warning !== undefined && !told.has(warning.state);
      return Promise.resolve(isNew ? [{ id: warning.state, accountId: '' }] : []);
    },
    async run(db) {
      const warning = warningOf(key, await timeOf(db));
      if (!warning) return;
      told.add(warning.state);
      if (warning.isValid) log.warn(warning.facts, 'a certificate of the seal ends soon');
      else log.error(warning.facts, 'a certificate of the seal is not valid: contracts wait in sealing');
    },
  };
}

/** Days left of each certificate that the seal is made with, and whether all are valid. */
export const sealMetrics =
  (key: Chains) =>
  (metrics: Metrics, db: Database): void => {
    metrics.gauge(
      'accord_seal_certificate_days_left',
      'Days until a certificate that the seal is made with ends, negative after its end',
      ['subject'],
      async (gauge) => {
        const at = await timeOf(db).catch(() => undefined);
        for (const certificate of chainAt(key.chains, at ?? new Date(0)))
          gauge.set({ subject: subjectOf(certificate) }, at ? daysLeft(certificate.validToDate, at) : NaN);
      },
    );
    metrics.gauge(
      'accord_seal_valid',
      'Whether all certificates of the seal are valid now: 1, else 0',
      [],
      async (gauge) => {
        const at = await timeOf(db).catch(() => undefined);
        gauge.set(!at ? NaN : warningOf(key, at)?.isValid === false ? 0 : 1);
      },
    );
  };

const system: Actor = { kind: 'system', id: 'seal-expiry' };
/** The service's time, which its database's clock tells. */
const timeOf = (db: Database): Promise<Date> => db.transaction(system, (tx) => Promise.resolve(tx.now));
