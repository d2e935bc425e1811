import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Said<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;

/**
 * Reads what a command was asked. With --help it shows its usage and ends; where it does not understand, it
 * says so above the usage and ends with 2.
 *
 * @param read throws an Error that says what is wrong.
 */
export function commandLine<O extends Options, Asked>(
  usage: string,
  options: O,
  read: (said: Said<O>) => Asked,
): Asked {
  const end = (code: number) => {
    (code === 0 ? console.log : console.error)(`usage: ${usage}`);
    return process.exit(code);
  };
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) return end(0);
  try {
    return read(parseArgs({ options, allowPositionals: true as const }) as Said<O>);
  } catch (error) {
    console.error((error as Error).message);
    return end(2);
  }
}

/** @throws Error where it is none. */
export function wholeNumber(name: string, given: string, from = 0): number {
  const number = Number(given);
  if (!Number.isSafeInteger(number) || number < from || given.trim() === '')
    throw new Error(`--${name} takes a whole number from ${from}, not ${given}`);
  return number;
}

/** @throws Error that says which of the words nobody knows. */
export function known(words: readonly string[], all: readonly string[]): void {
  const unknown = words.find((word) => !all.includes(word));
  if (unknown !== undefined) throw new Error(`there is no ${unknown}; there are ${all.join(', ')}`);
}
