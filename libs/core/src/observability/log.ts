import pino, { type DestinationStream, type Logger } from 'pino';
import { currentContext } from './context.ts';

const hidden = '[hidden]';

/**
 * Fields that hold personal data or a secret. A service's or worker's own name is logged as `service` and
 * `worker`.
 */
const personal = new Set(
  `authorization cookie set-cookie token password secret apikey privatekey name firstname lastname fullname
   certifiedname recipient contact holdername email mail phone mobile tel fax address addresses street city
   postcode certificate idnumber bankaccount`
    .split(/\s+/)
    .filter(Boolean),
);

const mailAddress = /[\p{L}\d._%+-]+@[\p{L}\d.-]+\.\p{L}{2,}/gu;
const phoneNumber = /(?<![\w.-])(?:\+\d{1,3}[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\w.-])/g;
const bearer = /\b(?:Bearer\s+)?eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

const hideIn = (text: string) =>
  text.replaceAll(bearer, hidden).replaceAll(mailAddress, hidden).replaceAll(phoneNumber, hidden);

/** Leaves out `detail`, `where` and `parameters` of a Postgres error: they hold rows. */
function errorFields(error: Error, depth: number): Record<string, unknown> {
  const { code, constraint, table } = error as { code?: string; constraint?: string; table?: string };
  return {
    type: error.name,
    message: hideIn(error.message),
    stack: hideIn(error.stack ?? ''),
    ...(code !== undefined && { code }),
    ...(constraint !== undefined && { constraint, table }),
    ...(error.cause !== undefined && depth < 6 && { cause: withoutPersons(error.cause, depth + 1) }),
  };
}

/** A copy without personal data, at any depth. */
function withoutPersons(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return hideIn(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Error) return errorFields(value, depth);
  if (depth > 6) return '…';
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => withoutPersons(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      personal.has(key.toLowerCase()) ? hidden : withoutPersons(inner, depth + 1),
    ]),
  );
}

interface LogSettings {
  /** Default `info`. */
  readonly level?: string;
  /** Default stdout. */
  readonly to?: DestinationStream;
}

/**
 * JSON lines with the ids of the request or event at hand, and no personal data. A service adds its name with
 * `setBindings`.
 */
export function makeLog({ level = 'info', to }: LogSettings = {}): Logger {
  const settings = {
    level,
    base: {},
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (fields: object) => withoutPersons(fields) as Record<string, unknown>,
    },
    hooks: {
      logMethod(args: unknown[], method: (...given: unknown[]) => void) {
        const [first, message = first instanceof Error ? first.message : '', ...rest] =
          typeof args[0] === 'string' ? [{}, ...args] : args;
        const fields = first instanceof Error ? { err: first } : first;
        method.apply(this, [
          fields,
          ...[message, ...rest].map((given) => (typeof given === 'string' ? hideIn(given) : given)),
        ]);
      },
    },
    serializers: { err: (fields: unknown) => fields },
    mixin() {
      const context = currentContext();
      if (!context) return {};
      const { requestId, causationId, correlationId, traceparent } = context;
      return { requestId, causationId, correlationId, traceId: traceparent?.slice(3, 35) };
    },
  };
  return to ? pino(settings as pino.LoggerOptions, to) : pino(settings as pino.LoggerOptions);
}
