import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

export interface Change {
  readonly file: string;
  /** Source that must be there, once, or the place has moved and the change must follow. */
  readonly fragment: string;
  readonly replacement: string;
}

/** Modules that end with `file` are loaded with the change. */
export function changeSource({ file, fragment, replacement }: Change): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.endsWith(file)) return loaded;
      const source = readFileSync(new URL(url), 'utf8');
      if (source.split(fragment).length !== 2) throw new Error(`${file} does not have the place ${fragment} exactly once`);
      return { ...loaded, format: 'module-typescript', source: source.replace(fragment, () => replacement), shortCircuit: true };
    },
  });
}
