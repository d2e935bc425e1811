import { registerHooks } from 'node:module';
import { type Planted, planting } from './planted.ts';

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
