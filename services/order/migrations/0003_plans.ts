import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // ORD-24: the sizes of a product, and the one that an instance has.
  `alter table products add column plans jsonb not null default '[]'`,
  // ORD-25: since when the end and the place of an instance are known.
  'alter table resources add column plan text, add column known_since timestamptz',

  // ORD-3: an instance has one open order at most, whatever races. An order is open from its placement on, and
  // never again once it is not.
  'alter table order_instances add column open boolean not null default true',
  `update order_instances i set open = false from orders o
    where o.order_id = i.order_id and not (o.status = 'unpaid' or (o.status = 'paid' and o.fulfilment = 'creating'))`,
  'create unique index one_open_order on order_instances (instance_id) where open',
  'grant update (open) on order_instances to accord_order, accord_order_operator',
];
