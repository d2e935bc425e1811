import type { Socket } from 'node:net';
import pg from 'pg';
import type { Connection } from './connection.ts';

// Pipeline mode, as libpq has it. The driver ends each statement with a Sync, and the server answers each Sync
// in a packet of its own that wakes us; statements that are sent together need one Sync (measured: a quarter
// less work for both sides). No other file knows the driver from within.

/** The part of the driver's own `Connection` that writes the protocol's messages. */
interface ProtocolConnection {
  readonly stream: Socket;
  /** Texts that the server has prepared, by name. */
  readonly parsedStatements: Record<string, string>;
  /** Texts that the server was asked to prepare and has not answered yet, by name. */
  readonly submittedNamedStatements: Record<string, string>;
  parse(ask: { name: string; text: string }): void;
  bind(ask: {
    portal: string;
    statement: string;
    values: readonly unknown[];
    valueMapper: (value: unknown) => unknown;
  }): void;
  describe(ask: { type: 'P'; name: string }): void;
  execute(ask: { portal: string; rows: number }): void;
  sync(): void;
}

interface Result extends pg.QueryResult {
  addFields(fields: unknown): void;
  parseRow(fields: unknown): pg.QueryResultRow;
  addRow(row: pg.QueryResultRow): void;
  addCommandComplete(message: unknown): void;
}

const driver = pg as unknown as {
  readonly Result: new () => Result;
  readonly Query: new (text: string) => { callback: (error: Error | null) => void };
  readonly utils: { prepareValue(value: unknown): unknown };
};

interface PipelinedStatement {
  /** Empty where the text is prepared anew each time. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly result: Result;
  readonly resolve: (result: pg.QueryResult) => void;
  readonly reject: (error: Error) => void;
  /** Of a `copy … to stdout`; the bytes are the driver's as soon as it returns. */
  readonly onCopied: ((row: Buffer) => void) | undefined;
  /** Why a row could not be read, by the driver or by the one who copies it. */
  unreadable?: Error;
}

const names = new Map<string, string>();

/**
 * Statements are prepared under a name of their text; beyond 400 texts (composed filters) they are sent
 * unprepared.
 */
function nameOf(text: string): string {
  let name = names.get(text);
  if (!name && names.size < 400) names.set(text, (name = `s${names.size}`));
  return name ?? '';
}

/**
 * Statements under one Sync: the first that fails ends the pipeline, and the later ones fail with the same error
 * without having run.
 */
class Pipeline extends driver.Query {
  readonly #statements: readonly PipelinedStatement[];
  #answered = 0;

  constructor(statements: readonly PipelinedStatement[]) {
    super('');
    this.#statements = statements;
    this.callback = () => undefined;
    const current = (property: 'name' | 'text') => ({
      get: () => this.#statements[this.#answered]?.[property],
    });
    // The driver asks the query under way for these when the server has prepared a statement.
    Object.defineProperties(this, { name: current('name'), text: current('text') });
  }

  submit(connection: ProtocolConnection): Error | null {
    connection.stream.cork();
    try {
      for (const statement of this.#statements) writeStatement(connection, statement);
      return null;
    } catch (error) {
      // A value that cannot be sent. The server has part of the statement: the connection is of no more use.
      connection.stream.destroy(error as Error);
      return error as Error;
    } finally {
      connection.sync();
      connection.stream.uncork();
    }
  }

  handleRowDescription({ fields }: { fields: unknown }): void {
    this.#statements[this.#answered]!.result.addFields(fields);
  }

  handleDataRow({ fields }: { fields: unknown }): void {
    const statement = this.#statements[this.#answered]!;
    const { result } = statement;
    try {
      result.addRow(result.parseRow(fields));
    } catch (error) {
      statement.unreadable = error as Error;
    }
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    const statement = this.#statements[this.#answered]!;
    if (statement.unreadable) return;
    try {
      statement.onCopied?.(chunk);
    } catch (error) {
      statement.unreadable = error as Error;
    }
  }

  handleCommandComplete(message: unknown): void {
    this.#statements[this.#answered]!.result.addCommandComplete(message);
    this.#answered += 1;
  }

  handleReadyForQuery(): void {
    this.callback(null);
    this.#statements.forEach(settle);
  }

  handleError(error: Error, connection: ProtocolConnection): void {
    this.callback(error);
    this.#statements.slice(0, this.#answered).forEach(settle);
    for (const { name, reject } of this.#statements.slice(this.#answered)) {
      Reflect.deleteProperty(connection.submittedNamedStatements, name);
      reject(error);
    }
  }
}

function settle({ result, unreadable, resolve, reject }: PipelinedStatement): void {
  if (unreadable) reject(unreadable);
  else resolve(result);
}

function writeStatement(connection: ProtocolConnection, { name, text, values }: PipelinedStatement): void {
  const { parsedStatements, submittedNamedStatements } = connection;
  const known = name !== '' && (parsedStatements[name] ?? submittedNamedStatements[name]) !== undefined;
  if (!known) connection.parse({ name, text });
  if (!known && name !== '') submittedNamedStatements[name] = text;
  if (values.some((value) => Buffer.isBuffer(value) && value.length > long))
    bindBytes(connection.stream, name, values);
  else connection.bind({ portal: '', statement: name, values, valueMapper: driver.utils.prepareValue });
  connection.describe({ type: 'P', name: '' });
  connection.execute({ portal: '', rows: 0 });
}

/** Bytes beyond which a value is sent from where it is. */
const long = 16_384;

/** The message `Bind` of the protocol; the driver's own copies long bytes twice, into buffers that grow. */
function bindBytes(stream: Socket, statement: string, values: readonly unknown[]): void {
  const prepared = values.map((value) => driver.utils.prepareValue(value));
  const bytes = prepared.map((value) =>
    typeof value === 'string' ? Buffer.from(value) : (value as Buffer | null),
  );
  const numbers = (...of: readonly number[]) => Buffer.from(Int16Array.from(of).buffer).swap16();
  const lengthOf = (value: Buffer | null) => {
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(value?.length ?? -1);
    return length;
  };
  const sent = [
    Buffer.from(`\0${statement}\0`),
    numbers(bytes.length, ...prepared.map((value) => (Buffer.isBuffer(value) ? 1 : 0)), bytes.length),
    ...bytes.flatMap((value) => (value ? [lengthOf(value), value] : [lengthOf(null)])),
    numbers(1, 0),
  ];
  const head = Buffer.from('B\0\0\0\0');
  head.writeInt32BE(4 + sent.reduce((sum, { length }) => sum + length, 0), 1);
  for (const part of [head, ...sent]) stream.write(part);
}

/**
 * The text with its values in the places of `$1`, `$2` …, for a statement that takes none. It has no `$` of its own
 * before a digit.
 *
 * @throws Error where a text has the character 0, which ends a statement; as a value the server refuses it.
 */
export const withLiterals = (text: string, values: readonly unknown[]): string =>
  text.replaceAll(/\$(\d+)/g, (_, n: string) => {
    const value = driver.utils.prepareValue(values[Number(n) - 1]);
    if (value === null || value === undefined) return 'null';
    if (typeof value !== 'string' || value.includes('\0')) throw new Error('a value that is no literal');
    return pg.escapeLiteral(value);
  });

const queued = new WeakMap<Connection, PipelinedStatement[]>();

/**
 * Sends a statement in one packet, and under one Sync, with every other that is pipelined on this connection
 * before the running code next waits, in that order. Outside of a transaction those together are one.
 *
 * @throws Error of the server: it refused this statement, or one before it in the pipeline.
 */
export function pipelined<Row extends pg.QueryResultRow>(
  connection: Connection,
  text: string,
  values: readonly unknown[] = [],
  onCopied?: (row: Buffer) => void,
): Promise<pg.QueryResult<Row>> {
  const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>();
  // The text of a copy has its values in it: no other is the same.
  const name = onCopied ? '' : nameOf(text);
  const statement = { name, text, values, result: new driver.Result(), resolve, reject, onCopied };
  const statements = queued.get(connection);
  if (statements) statements.push(statement);
  else {
    queued.set(connection, [statement]);
    process.nextTick(flush, connection);
  }
  return promise;
}

/** Sends the queued statements now, so that later ones are under a Sync of their own. */
export function flush(connection: Connection): void {
  const statements = queued.get(connection);
  queued.delete(connection);
  if (statements) connection.query(new Pipeline(statements) as unknown as pg.Submittable);
}
