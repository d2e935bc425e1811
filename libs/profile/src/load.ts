import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { Profile, shippedProfiles } from './schema.ts';

type Tree = { readonly [key: string]: unknown };

/**
 * The profile of that name, or in that file. A file may say `"extends": "baidu"` (or a path beside it) and
 * only what differs: objects are merged, everything else is replaced.
 *
 * @throws Error naming every field that is wrong: `profile baidu: orders.payWithin: is an ISO 8601 duration
 * …`.
 */
export function loadProfile(nameOrPath: string): Profile {
  const failed = (what: string, cause?: unknown) => new Error(`profile ${nameOrPath}: ${what}`, { cause });
  const parsed = Profile.safeParse(read(resolvePath(nameOrPath, '.'), [], failed));
  if (parsed.success) return parsed.data;
  throw failed(parsed.error.issues.map(explain).join('; '), parsed.error);
}

type Failed = (what: string, cause?: unknown) => Error;

function read(path: string, seen: readonly string[], failed: Failed): Tree {
  if (seen.includes(path)) throw failed(`extends: ${path} extends itself`);
  const { extends: parent, ...own } = parse(path, failed);
  if (parent === undefined) return own;
  if (typeof parent !== 'string') throw failed('extends: is the name or the path of a profile');
  return merge(read(resolvePath(parent, dirname(path)), [...seen, path], failed), own);
}

function parse(path: string, failed: Failed): Tree {
  let tree: unknown;
  try {
    tree = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const what =
      cause instanceof SyntaxError
        ? `${path} is no JSON`
        : `${path} cannot be read; shipped are ${shippedProfiles.join(', ')}`;
    throw failed(what, cause);
  }
  if (isTree(tree)) return tree;
  throw failed(`${path} is no JSON object`);
}

const resolvePath = (nameOrPath: string, folder: string): string =>
  shippedProfiles.some((name) => name === nameOrPath)
    ? fileURLToPath(new URL(`./profiles/${nameOrPath}.json`, import.meta.url))
    : resolve(folder, nameOrPath);

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const merge = (under: Tree, over: Tree): Tree => ({
  ...under,
  ...Object.fromEntries(
    Object.entries(over).map(([key, value]) => {
      const below = under[key];
      return [key, isTree(below) && isTree(value) ? merge(below, value) : value];
    }),
  ),
});

function explain(issue: z.core.$ZodIssue): string {
  const field = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${field}: ${issue.message}`;
  return issue.keys.map((key) => `${field ? `${field}.` : ''}${key}: is no field of a profile`).join('; ');
}
