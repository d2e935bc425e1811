import { pino } from 'pino';
import { kafkaAccess } from '@accord/platform';
import { openAudit, type Report } from './audit.ts';
import { asJson, asText } from './report.ts';
import { keepAuditing } from './schedule.ts';
import { auditOptions, auditSettings, usage } from './settings.ts';

/**
 * The command `audit`. SIGINT and SIGTERM end one that is scheduled.
 *
 * @returns what the process ends with: 0 where nothing is broken, 1 where something is, 2 where it could not
 * look.
 */
export async function runAudit(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  const say = (lines: readonly string[]) => lines.forEach((line) => console.log(line));
  const fail = ({ message }: Error) => console.error(`audit: ${message}`);
  try {
    const options = auditOptions(args);
    if (!options) {
      say([`usage: ${usage}`]);
      return 0;
    }
    const { json, settleMs, everyMs } = options;
    const settings = auditSettings(env);
    const { ACCORD_AUDIT_DATABASE_URL: databaseUrl } = settings;
    const audit = openAudit({ databaseUrl, ...kafkaAccess(settings), log: pino({ level: 'silent' }) });
    const onReport = (report: Report) => say(json ? asJson(report) : asText(report));
    try {
      if (everyMs !== undefined) {
        await keepAuditing(audit, {
          everyMs,
          settleMs,
          host: settings.ACCORD_HOST,
          port: settings.ACCORD_OPS_PORT,
          signal: stop.signal,
          onReport,
          onFailure: fail,
        });
        return 0;
      }
      const report = await audit.round({ settleMs });
      onReport(report);
      return report.broken.length > 0 ? 1 : 0;
    } finally {
      await audit.close();
    }
  } catch (error) {
    fail(error as Error);
    return 2;
  }
}
