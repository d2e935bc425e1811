import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // Once per contract, for ever (CTR-30).
  `create table paper_copies (
     contract_id text primary key references contracts,
     account_id text not null,
     status text not null check (status in ('requested', 'printed', 'mailed', 'delivered', 'returned', 'cancelled')),
     copies int not null check (copies > 0),
     recipient text not null,
     phone text not null,
     address text not null,
     requested_at timestamptz not null,
     promised_from timestamptz not null,
     promised_by timestamptz not null,
     printed_at timestamptz,
     mailed_at timestamptz,
     carrier text,
     tracking_number text,
     ended_at timestamptz,
     return_text text
   )`,
  `create index paper_copies_oldest on paper_copies (requested_at, contract_id)`,
  `create index paper_copies_of_account on paper_copies (account_id, requested_at, contract_id)`,
  `create index paper_copies_to_mail on paper_copies (requested_at, contract_id, promised_by)
     where status in ('requested', 'printed')`,
  `create index paper_copies_by_status on paper_copies (status, requested_at, contract_id)`,
  accountTable('contract', 'paper_copies', [
    'insert',
    'update (status, printed_at, mailed_at, carrier, tracking_number, ended_at, return_text)',
  ]),
];
