import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** A change of one place in the sources, made while they are loaded, never in the files. */
export interface Change {
  /** Below the repository's root. */
  readonly file: string;
  /** Source that must be there, once, or the place has moved and the change must follow. */
  readonly fragment: string;
  readonly replacement: string;
}

const root = new URL('../', import.meta.url);

/**
 * By its URL, each file as it is after the changes, one after the other.
 *
 * @throws Error where a fragment is not in its file exactly once.
 */
export function changedSources(changes: readonly Change[]): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const { file, fragment, replacement } of changes) {
    const { href } = new URL(file, root);
    const source = sources.get(href) ?? readFileSync(new URL(href), 'utf8');
    const times = source.split(fragment).length - 1;
    if (times !== 1) throw new Error(`${file} has this ${times} times, not once:\n  ${fragment}`);
    sources.set(
      href,
      source.replace(fragment, () => replacement),
    );
  }
  return sources;
}

/** To be called before anything loads those files. */
export function changeSource(...changes: readonly Change[]): void {
  const sources = changedSources(changes);
  registerHooks({
    load(url, context, next) {
      const source = sources.get(url);
      return source === undefined
        ? next(url, context)
        : { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}
