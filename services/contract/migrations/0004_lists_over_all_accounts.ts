import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // For the lists of operators, over all accounts; the lists of a customer have indexes by account.
  `create index contracts_all_newest on contracts (created_at desc, contract_id desc) where not removed`,
  `create index tickets_all_newest on tickets (created_at desc, ticket_id desc)`,
  `create index tickets_to_decide on tickets (created_at desc, ticket_id desc) where status = 'submitted'`,
  `create index tickets_of_contract on tickets (contract_id)`,
];
