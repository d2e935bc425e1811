import { existsSync, readFileSync } from 'node:fs';
import { eventTypes, type EventType } from './catalogue.ts';

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** AsyncAPI of every topic, as JSON. */
export const asyncApiText = (): string => read('asyncapi.json');

/**
 * JSON Schema of the data of a type, of the newest version or of an earlier one, as JSON (EVT-2). Undefined
 * where there is no such type or version.
 */
export function schemaText(type: string, version: string): string | undefined {
  if (!eventTypes.includes(type as EventType) || !/^[1-9]\d{0,3}$/.test(version)) return undefined;
  const newest = read(`recorded/${type}.schema.json`);
  if (String((JSON.parse(newest) as { 'x-version': number })['x-version']) === version) return newest;
  const earlier = `recorded/earlier/${type}.${version}.schema.json`;
  return existsSync(new URL(`../${earlier}`, import.meta.url)) ? read(earlier) : undefined;
}
