import type { Socket } from 'node:net';
import pg from 'pg';

// The only file that knows the Postgres driver from within. The driver ends each statement with a Sync, and
// the server answers each Sync by itself, in a packet that wakes us; statements that leave together need one
// (measured: a quarter less work for both sides).

/** What the driver gives to those who write the protocol's messages themselves. */
interface Wire {
  readonly stream: Socket;
  /**
   * Texts that the server has prepared, by name; and those that it was asked to prepare and has not answered
   * yet.
   */
  readonly parsedStatements: Record<string, string>;
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

interface Passenger {
  /** Empty where it is prepared anew each time. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly result: Result;
  readonly resolve: (result: pg.QueryResult) => void;
  readonly reject: (error: Error) => void;
  /** A row that the driver could not read. */
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
 * Statements under one Sync: the first that fails ends the flight, and those behind it fail for the same
 * reason without having run.
 */
class Flight extends driver.Query {
  readonly #passengers: readonly Passenger[];
  #answered = 0;

  constructor(passengers: readonly Passenger[]) {
    super('');
    this.#passengers = passengers;
    this.callback = () => undefined;
    const current = (what: 'name' | 'text') => ({ get: () => this.#passengers[this.#answered]?.[what] });
    // The driver asks the query under way for these when the server has prepared a statement.
    Object.defineProperties(this, { name: current('name'), text: current('text') });
  }

  submit(wire: Wire): Error | null {
    wire.stream.cork();
    try {
      for (const passenger of this.#passengers) board(wire, passenger);
      return null;
    } catch (error) {
      // A value that cannot be sent. The server has part of it: the connection is of no more use.
      wire.stream.destroy(error as Error);
      return error as Error;
    } finally {
      wire.sync();
      wire.stream.uncork();
    }
  }

  handleRowDescription({ fields }: { fields: unknown }): void {
    this.#passengers[this.#answered]!.result.addFields(fields);
  }

  handleDataRow({ fields }: { fields: unknown }): void {
    const passenger = this.#passengers[this.#answered]!;
    const { result } = passenger;
    try {
      result.addRow(result.parseRow(fields));
    } catch (error) {
      passenger.unreadable = error as Error;
    }
  }

  handleCommandComplete(message: unknown): void {
    this.#passengers[this.#answered]!.result.addCommandComplete(message);
    this.#answered += 1;
  }

  handleReadyForQuery(): void {
    this.callback(null);
    this.#passengers.forEach(arrive);
  }

  handleError(error: Error, wire: Wire): void {
    this.callback(error);
    this.#passengers.slice(0, this.#answered).forEach(arrive);
    for (const { name, reject } of this.#passengers.slice(this.#answered)) {
      Reflect.deleteProperty(wire.submittedNamedStatements, name);
      reject(error);
    }
  }
}

function arrive({ result, unreadable, resolve, reject }: Passenger): void {
  if (unreadable) reject(unreadable);
  else resolve(result);
}

function board(wire: Wire, { name, text, values }: Passenger): void {
  const known =
    name !== '' && (wire.parsedStatements[name] ?? wire.submittedNamedStatements[name]) !== undefined;
  if (!known) wire.parse({ name, text });
  if (!known && name !== '') wire.submittedNamedStatements[name] = text;
  wire.bind({ portal: '', statement: name, values, valueMapper: driver.utils.prepareValue });
  wire.describe({ type: 'P', name: '' });
  wire.execute({ portal: '', rows: 0 });
}

const boarding = new WeakMap<pg.ClientBase, Passenger[]>();

/**
 * Sends a statement in one packet, and under one Sync, with all else that is sent so on this connection
 * before the running code next waits, in this order. Outside of a transaction what leaves together is one.
 *
 * @throws what the server refused, or for which one before it in the flight was refused.
 */
export function send<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[] = [],
): Promise<pg.QueryResult<Row>> {
  const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>();
  const passenger = { name: nameOf(text), text, values, result: new driver.Result(), resolve, reject };
  const waiting = boarding.get(client);
  if (waiting) waiting.push(passenger);
  else {
    boarding.set(client, [passenger]);
    process.nextTick(depart, client);
  }
  return promise;
}

/** What was sent so far leaves now, so that what follows stands under a Sync of its own. */
export function depart(client: pg.ClientBase): void {
  const passengers = boarding.get(client);
  boarding.delete(client);
  if (passengers) client.query(new Flight(passengers) as unknown as pg.Submittable);
}
