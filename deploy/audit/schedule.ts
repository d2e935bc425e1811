import { setTimeout as sleep } from 'node:timers/promises';
import { makeMetrics } from '@accord/core/observability';
import { listenOps } from '@accord/platform';
import type { Audit, Report } from './audit.ts';
import { countsOf } from './report.ts';

interface ScheduleAsk {
  readonly everyMs: number;
  readonly settleMs: number;
  readonly host: string;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly onReport: (report: Report) => void;
  readonly onFailure: (error: Error) => void;
}

/** Rules that a round without a difference shows as 0. */
const rules = [
  'EVT-1',
  'EVT-9',
  'EVT-13',
  'EVT-20',
  'EVT-23',
  'EVT-24',
  'EVT-30',
  'EVT-31',
  'EVT-32',
  'EVT-33',
  'EVT-34',
  'EVT-35',
  'EVT-36',
];

/**
 * A round every `everyMs` until `signal`, its figures at `/metrics`. A round that could not be made is told,
 * and the next one comes at its time.
 */
export async function keepAuditing(
  audit: Audit,
  { everyMs, settleMs, host, port, signal, onReport, onFailure }: ScheduleAsk,
): Promise<void> {
  const metrics = makeMetrics('audit');
  const differences = metrics.gauge(
    'accord_audit_differences',
    'Differences that outlasted the settle time, by rule, in the last round.',
    ['rule'],
  );
  const lastRun = metrics.gauge('accord_audit_last_run_seconds', 'Unix time at which the last round ended.');
  const duration = metrics.gauge('accord_audit_duration_seconds', 'How long the last round took.');
  const failures = metrics.counter(
    'accord_audit_failures_total',
    'Rounds that could not be made: database or broker away.',
  );
  let works = false;
  const ops = await listenOps({
    host,
    port,
    metrics,
    notReady: () => (works ? [] : ['no round was made yet, or the last one failed']),
  });
  try {
    while (!signal.aborted) {
      const next = performance.now() + everyMs;
      try {
        const report = await audit.round({ settleMs });
        const counts = countsOf(report.broken);
        for (const rule of new Set([...rules, ...counts.keys()]))
          differences.set({ rule }, counts.get(rule) ?? 0);
        lastRun.set(Date.now() / 1_000);
        duration.set(report.tookMs / 1_000);
        works = true;
        onReport(report);
      } catch (error) {
        works = false;
        failures.inc();
        onFailure(error as Error);
      }
      await sleep(Math.max(0, next - performance.now()), undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await ops.close();
  }
}
