import type { ServiceName } from '@accord/events/services';

// Where the four schemas have something of a person, and what becomes of it when an account is erased: the only place
// that says it. docs/personal-data.md is made from it, the command `account` exports and erases by it, and a test holds
// it against the tables and columns of a migrated database.

/** Why a row outlives its account, and how long. */
interface Law {
  readonly name: string;
  readonly until: string;
  readonly why: string;
}

/** The end of personal data when its account is erased. */
export type Fate =
  | { readonly is: 'erased'; readonly how: string; readonly rest?: Law }
  | { readonly is: 'kept'; readonly law: Law }
  | { readonly is: 'gone'; readonly after: string }
  /** It stands in the way: the account is not erased before an operator has decided on it. */
  | { readonly is: 'waits'; readonly how: string }
  /** Of the provider's own staff. */
  | { readonly is: 'staff' };

export interface Held {
  /** SQL: whether the row is the account's, `$1`; absent: rows of no account. */
  readonly isOf?: string;
  /** Columns, and paths in those that are JSON, that say something of a person. */
  readonly personal?: Readonly<Record<string, string>>;
  /** There where something is personal. */
  readonly fate?: Fate;
}

/**
 * Of the shipped providers' law. An account's books outlive it; beyond their purpose they are looked at no more
 * (Personal Information Protection Law, article 47).
 */
const books: Law = {
  name: 'books',
  until: 'the end of the 30th year after the transaction',
  why: 'vouchers and books (Measures for the Management of Accounting Archives, 2015)',
};
const trade: Law = {
  name: 'trade',
  until: 'three years after the transaction, at least',
  why: 'records of transactions (E-Commerce Law, article 31)',
};

export const laws: readonly Law[] = [books, trade];

const own = 'account_id = $1';
const plain: Held = { isOf: own };
const ofNobody: Held = {};
/** The account's id as JSON has it, whole. */
const named = `position('"' || $1 || '"' in payload || headers) > 0`;
const message = { payload: "the event's data", headers: 'who acted' };
const waits: Fate = { is: 'waits', how: '`redrive`: replayed or discarded' };
const actor = 'user id of who did it';
const snapshot = { 'snapshot.operatorId': 'user id of who ordered' };

/** Tables that every service's schema has. */
export const ofEveryService: Readonly<Record<string, Held>> = {
  begun_events: ofNobody,
  disowned_events: { isOf: 'of_account = $1' },
  idempotency_keys: {
    isOf: own,
    personal: { body: 'the answer', headers: 'of the answer' },
    fate: { is: 'gone', after: '24 hours: sooner, a repeat would have a second effect (API-6)' },
  },
  inbox: ofNobody,
  knex_migrations: ofNobody,
  outbox: { isOf: named, personal: message, fate: { is: 'gone', after: 'it is published' } },
  outbox_refused: { isOf: named, personal: message, fate: waits },
  parked_events: { isOf: named, personal: { ...message, reason: 'may quote the data' }, fate: waits },
  rate_limits: ofNobody,
  redrive_acts: { personal: { actor: 'user id of the operator' }, fate: { is: 'staff' } },
  row_security_probe: plain,
};

const ofService: Readonly<Record<ServiceName, Readonly<Record<string, Held>>>> = {
  order: {
    account_view: {
      isOf: own,
      personal: { facts: 'certified name, certificate, invoice title, address' },
      fate: { is: 'erased', how: 'emptied when the service hears of the erasure' },
    },
    export_parts: {
      isOf: own,
      personal: { bytes: 'file of exported orders' },
      fate: { is: 'gone', after: '24 hours (ORD-19)' },
    },
    exports: {
      isOf: own,
      personal: { requested_by: actor, 'filter.operatorId': 'user id', writer_state: 'of the file' },
      fate: { is: 'kept', law: trade },
    },
    holders: plain,
    order_deltas: plain,
    order_facets: {
      isOf: own,
      personal: { placed_by: 'user id of who ordered' },
      fate: { is: 'kept', law: books },
    },
    order_history: {
      isOf: own,
      personal: { actor, note: 'why it was cancelled, in words' },
      fate: { is: 'kept', law: books },
    },
    order_instances: plain,
    order_totals: plain,
    orders: {
      isOf: own,
      personal: {
        'terms.operatorId': 'user id of who ordered',
        'terms.placedBy': 'the same',
        placed_by: 'the same',
      },
      fate: { is: 'kept', law: books },
    },
    payment_references: plain,
    payments: plain,
    product_history: { personal: { actor: 'user id of the operator' }, fate: { is: 'staff' } },
    product_names: ofNobody,
    products: ofNobody,
    remittance_claims: {
      isOf: own,
      personal: { claimed_by: actor, bank_reference: 'of a transfer' },
      fate: { is: 'kept', law: books },
    },
    remittances: {
      isOf: 'claim_id in (select claim_id from orders.remittance_claims where account_id = $1)',
      personal: { payer_name: 'name of the payer', payer_key: 'the same', bank_reference: 'of the transfer' },
      fate: { is: 'kept', law: books },
    },
    resources: {
      isOf: own,
      personal: { reported_by: 'user id at the platform of who reported it' },
      fate: { is: 'staff' },
    },
    unapplied_payments: plain,
  },
  contract: {
    accounts: {
      isOf: own,
      personal: {
        facts: 'certified name, certificate, invoice title, contacts, address',
        name_search: 'the certified name, as it is searched',
        partner_search: "the partner's name, as it is searched",
      },
      fate: { is: 'erased', how: 'emptied at the last version that there can be, which is announced' },
    },
    address_books: {
      isOf: own,
      personal: { entries: 'names, phones, addresses' },
      fate: { is: 'erased', how: 'emptied; contracts keep what they printed' },
    },
    bills: plain,
    contract_bills: plain,
    contract_documents: {
      isOf: own,
      personal: { file: 'the sealed PDF: both parties' },
      fate: { is: 'kept', law: books },
    },
    contract_downloads: plain,
    contract_history: { isOf: own, personal: { actor }, fate: { is: 'kept', law: books } },
    contract_orders: { isOf: own, personal: snapshot, fate: { is: 'kept', law: books } },
    contract_products: plain,
    contracts: {
      isOf: own,
      personal: {
        party_a: 'name, certificate, address, contact',
        content: 'the same, as it is sealed',
        void_text: 'why it was voided, in words',
      },
      fate: { is: 'erased', how: 'where it ended without a signature', rest: books },
    },
    live_bills: plain,
    live_orders: plain,
    offline_contracts: { isOf: own, personal: { reason: 'why, in words' }, fate: { is: 'kept', law: books } },
    offline_files: { isOf: own, personal: { file: 'PDF: both parties' }, fate: { is: 'kept', law: books } },
    order_view: { isOf: own, personal: snapshot, fate: { is: 'kept', law: books } },
    paper_copies: {
      isOf: own,
      personal: {
        recipient: 'name of who gets them',
        phone: 'of the same',
        address: 'of the same',
        carrier: 'of the parcel',
        tracking_number: 'the same',
        return_text: 'why they came back, in words',
      },
      fate: { is: 'kept', law: trade },
    },
    products: ofNobody,
    refund_view: plain,
    tickets: {
      isOf: own,
      personal: {
        reason: "the customer's words",
        text: 'the same',
        decision_text: 'the answer',
        applicant: actor,
      },
      fate: { is: 'kept', law: trade },
    },
  },
  refund: {
    balances: plain,
    claimed_instances: plain,
    contract_view: plain,
    failed_fulfilments: plain,
    ledger_postings: plain,
    ledger_transactions: plain,
    order_view: { isOf: own, personal: snapshot, fate: { is: 'kept', law: books } },
    order_view_instances: plain,
    product_view: ofNobody,
    quotes: plain,
    refund_orders: plain,
    refunded_orders: plain,
    refunds: {
      isOf: own,
      personal: {
        reason: 'why, as chosen',
        text: "the customer's words",
        requested_by: actor,
        review: 'words and user id of who decided',
      },
      fate: { is: 'kept', law: books },
    },
    resource_view: plain,
    settled_downgrades: plain,
  },
  notification: {
    contacts: {
      isOf: own,
      personal: { contacts: 'names, e-mail addresses, phones' },
      fate: {
        is: 'erased',
        how: 'emptied when the service hears of the erasure; no mail goes out from then on',
      },
    },
    notification_attempts: plain,
    notifications: {
      isOf: own,
      personal: { contact_id: 'id of a contact, which is no more' },
      fate: { is: 'kept', law: trade },
    },
    preferences: {
      isOf: own,
      personal: { unsubscribed: 'ids of contacts', changed_by: actor },
      fate: { is: 'erased', how: 'deleted' },
    },
    sms_counts: {
      isOf: "subject = 'account:' || $1",
      personal: { subject: "an account, or a phone number's hash" },
      fate: { is: 'gone', after: 'two days' },
    },
    timeline_events: {
      isOf: own,
      personal: {
        actor,
        'data.account.certifiedName': 'in lines of before it was left out',
        'data.contract.partyA': 'name',
        'data.text': "a person's words",
        'data.ticket.text': "the customer's words",
        'data.refund.reason': 'why, as chosen',
        'data.bankReference': 'of a transfer',
        'data.trackingNumber': 'of papers',
        'data.notification.contactId': 'id of a contact',
      },
      fate: {
        is: 'erased',
        how: 'in lines of the account and of contracts without a signature',
        rest: trade,
      },
    },
    timeline_links: plain,
    webhook_arrivals: plain,
    webhook_deliveries: {
      isOf: own,
      personal: { tries: 'what the account’s own receiver answered' },
      fate: { is: 'erased', how: 'deleted; the others go after 90 days, by partition' },
    },
    webhook_endpoints: {
      isOf: own,
      personal: { url: 'may have a name or a token', description: 'in words', created_by: actor },
      fate: { is: 'erased', how: 'without URL and description; secrets are kept nowhere', rest: trade },
    },
    webhook_lanes: plain,
    webhook_queue: {
      isOf: own,
      personal: { tries: 'what the account’s own receiver answered' },
      fate: { is: 'erased', how: 'deleted; what is sent is read from the timeline' },
    },
  },
};

/** By service and table, `personalData.order.orders`. */
export const personalData = Object.fromEntries(
  Object.entries(ofService).map(([service, tables]) => [service, { ...ofEveryService, ...tables }]),
) as unknown as Readonly<Record<ServiceName, Readonly<Record<string, Held>>>>;
