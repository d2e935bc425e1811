import { readFileSync } from 'node:fs';
import { asyncApiText, schemaText } from '@accord/events/documents';
import { Problem } from '../problem.ts';

/** `npm run api:record` writes it from the routes of all services. */
const openApiText = () => readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8');

const known = new Map<string, string>();

/**
 * The documents that are the same in every service, so that the ingress may ask any of them: the routes of all
 * services, the events, and each event's schema (API-3).
 *
 * @throws Problem 404 `request.unknown_route`
 */
export function sharedDocument(path: string): string {
  const before = known.get(path);
  if (before !== undefined) return before;
  const [, , document, type = '', version = ''] = path.split('/');
  const text =
    document === 'schemas'
      ? schemaText(type, version)
      : document === 'asyncapi.json'
        ? asyncApiText()
        : openApiText();
  if (text === undefined) throw new Problem(404, 'request.unknown_route');
  known.set(path, text);
  return text;
}
