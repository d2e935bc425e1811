import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { Planted } from './planted.ts';

const root = new URL('../../', import.meta.url);

/** @throws Error where a fragment is not in its file exactly once: a bug that is not planted would not be found either. */
export function planting(bug: Planted): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const { file, find, put } of bug.edits) {
    const url = new URL(file, root);
    const source = sources.get(url.href) ?? readFileSync(url, 'utf8');
    const times = source.split(find).length - 1;
    if (times !== 1) throw new Error(`The planted bug ${bug.name} no longer applies: ${file} has ${times} times\n  ${find}`);
    sources.set(url.href, source.replace(find, () => put));
  }
  return sources;
}

/** Before any service is loaded: sealing costs no time from now on, and the planted bug, if there is one, is in the sources. */
export function rewriteSources(bug?: Planted): void {
  const sources = bug ? planting(bug) : new Map<string, string>();
  const quickSeal = new URL('quick-seal.ts', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === './seal/seal.ts' && context.parentURL?.endsWith('/services/contract/src/sealing.ts') ? { url: quickSeal, shortCircuit: true } : next(specifier, context),
    load(url, context, next) {
      const loaded = next(url, context);
      const source = sources.get(url);
      return source === undefined ? loaded : { ...loaded, source, format: 'module-typescript' };
    },
  });
}
