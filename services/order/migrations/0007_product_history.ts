import { innerTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // Every version of every product, with who published it and when (ORD-22). For operators: it names them.
  `create table product_history (
     product_code text not null,
     version int not null,
     at timestamptz not null,
     actor text not null,
     changed text[] not null,
     product jsonb not null,
     primary key (product_code, version)
   )`,
  innerTable('order', 'product_history', { app: [], operator: ['insert'] }),
];
