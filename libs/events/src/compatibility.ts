type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Node = { readonly [key: string]: Json };

const isNode = (value: Json | undefined): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
/** Words for people, and the address, which follows from the version. */
const notCompared = new Set(['title', 'description', '$id']);

/**
 * The changes of a type's recorded form (see recorded-form.ts) that make old messages unreadable for new
 * readers, or new messages unreadable for old readers: anything but a new optional field (EVT-4). Each line
 * names the place and the change. Empty: compatible.
 */
export function incompatibilities(before: Json | undefined, now: Json | undefined, at = ''): string[] {
  if (isNode(before) && isNode(now)) return ofNodes(before, now, at);
  if (isList(before) && isList(now) && !at.endsWith('/enum')) {
    if (before.length !== now.length)
      return [`${at} had ${String(before.length)} entries and has ${String(now.length)}`];
    return before.flatMap((entry, i) => incompatibilities(entry, now[i], `${at}/${String(i)}`));
  }
  if (inOrder(before) === inOrder(now)) return [];
  return [`${at} was ${inOrder(before)} and is ${inOrder(now)}`];
}

function ofNodes(before: Node, now: Node, at: string): string[] {
  const keywords = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return keywords.flatMap((keyword) => {
    if (notCompared.has(keyword) || keyword === 'required') return [];
    if (keyword === 'properties' && isNode(before['properties'])) return ofProperties(before, now, at);
    return incompatibilities(before[keyword], now[keyword], `${at}/${keyword}`);
  });
}

function ofProperties(before: Node, now: Node, at: string): string[] {
  const [had, has] = [before, now].map((node) => (isNode(node['properties']) ? node['properties'] : {})) as [
    Node,
    Node,
  ];
  const [needed, needs] = [before, now].map(
    (node) => new Set(isList(node['required']) ? node['required'] : []),
  ) as [Set<Json>, Set<Json>];
  const kept = Object.keys(had).flatMap((field) => {
    if (!(field in has)) return [`${at}/${field} was removed`];
    if (needed.has(field) !== needs.has(field))
      return [`${at}/${field} became ${needs.has(field) ? 'required' : 'optional'}`];
    return incompatibilities(had[field], has[field], `${at}/${field}`);
  });
  const added = Object.keys(has).filter((field) => !(field in had) && needs.has(field));
  return [...kept, ...added.map((field) => `${at}/${field} is new and required`)];
}

/** Text to compare and to show; the values of an enum have no order. */
const inOrder = (value: Json | undefined): string =>
  JSON.stringify(isList(value) ? value.toSorted() : value) ?? 'absent';
