import { type ServiceName, serviceNames } from '@accord/events/services';
import type { Chance } from '../chance.ts';
import type { Step } from './steps.ts';
import type { OrderState, WorkerName, SystemModel } from './system-model.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Chooses a run's steps one after the other, from what its client knows and what waits to be delivered. */
export function choose(model: SystemModel, chance: Chance): () => Step {
  const slow = new Set<string>();
  const isSlow = (line: string) => {
    // Decided once for each topic and reader: some are late all the run.
    if (!slow.has(line) && !slow.has(`fast ${line}`)) slow.add(chance.is(0.2) ? line : `fast ${line}`);
    return slow.has(line);
  };
  const first = prologue(chance);
  return () => {
    const begin = first.shift();
    if (begin) return begin;
    const step = chance.weighed([
      [10, () => deliver(model, chance, isSlow)],
      [7, () => command(model, chance)],
      [1.5, () => work(model, chance)],
      [0.6, () => ({ do: 'catch up' }) as Step],
      [0.5, () => rewind(model, chance)],
      [
        0.6,
        () =>
          ({
            do: 'wait',
            ms: chance.of([minute, 16 * minute, day, 3 * day, 6.5 * day, 8 * day, 24 * day]),
          }) as Step,
      ],
    ])!();
    return step ?? command(model, chance);
  };
}

/** Most runs begin with orders that are fulfilled and known everywhere: only then can they be refunded. */
function prologue(chance: Chance): Step[] {
  const kind = chance.below(10);
  if (kind === 1) return claimsThatRace(chance);
  if (kind === 2) return orderOverInstance(chance);
  if (kind === 3) return papers(chance);
  if (kind === 4) return renewed(chance);
  if (kind < 3) return [];
  const orders = ['o1', 'o2'].slice(0, 1 + chance.below(2));
  const steps = orders.flatMap((as): Step[] => [
    { do: 'place', as, product: chance.of(['BCC', 'BCC', 'RDS']), count: chance.of([1, 2]) },
    { do: 'pay', order: as },
    { do: 'fulfil', order: as },
  ]);
  return [...steps, { do: 'catch up' }];
}

/** ORD-21: for one transfer, before or after the bank reports it, and against all else that ends an order. */
function claimsThatRace(chance: Chance): Step[] {
  const placed = ['o1', 'o2'].map((as): Step => ({ do: 'place', as, product: 'BCC', count: 1 }));
  const ends = chance.of<Step>([
    { do: 'pay', order: 'o1' },
    { do: 'cancel', order: 'o1' },
    { do: 'money arrives', as: 'm1', order: 'o1', amount: 'due' },
    { do: 'wait', ms: 8 * day },
  ]);
  const racing: Step[] = [
    { do: 'claim', transfer: 'b1', order: 'o1' },
    { do: 'claim', transfer: 'b1', order: 'o2' },
    { do: 'transfer', as: 'b1', order: 'o1', amount: 'due' },
    ends,
  ];
  // A claim is of an account that the order service knows.
  return [{ do: 'catch up' }, ...placed, ...chance.shuffled(racing)];
}

/** CTR-24, CTR-36: tickets about orders and their contract, and contracts recorded that were signed outside. */
function papers(chance: Chance): Step[] {
  const orders = ['o1', 'o2'].flatMap((as): Step[] => [
    { do: 'place', as, product: 'BCC', count: 1 },
    { do: 'pay', order: as },
  ]);
  const about = chance.of([['o1'], ['o1', 'o2'], ['c1']]);
  const steps: Step[] = [
    { do: 'submit', as: 't1', kind: chance.of(['extra_terms', 'physical_seal']), about },
    { do: 'submit', as: 't2', kind: 'offline_contract', about: ['o2'] },
    { do: 'decide', ticket: 't1', how: 'approve' },
    { do: 'record', as: 'c2', for: [chance.of(['t1', 't2', 'o2'])], number: 'HT-1' },
  ];
  return [
    ...orders,
    { do: 'catch up' },
    { do: 'apply', as: 'c1', orders: ['o1'] },
    ...chance.of([steps, chance.shuffled(steps)]),
  ];
}

/** ORD-26: whatever is told of an instance while an order over it is open, and however that ends. */
function orderOverInstance(chance: Chance): Step[] {
  const renewal: Step = { do: 'renew', as: 'o2', instances: ['o1.1'] };
  const said = chance.of(['ends later', 'ends later', 'ends sooner', 'released'] as const);
  const report: Step = { do: 'report', instance: 'o1.1', says: said };
  const end: Step = { do: chance.of(['fail', 'fail', 'fulfil']), order: 'o2' };
  const pay: Step = { do: 'pay', order: 'o2' };
  return [
    { do: 'place', as: 'o1', product: 'BCC', count: 1 },
    { do: 'pay', order: 'o1' },
    { do: 'fulfil', order: 'o1' },
    chance.of<Step>([renewal, renewal, { do: 'change plan', as: 'o2', instances: ['o1.1'], plan: 'large' }]),
    ...chance.of([
      [pay, report, end],
      [pay, end, report],
      [report, pay, end],
    ]),
  ];
}

/** RFD-9: a renewal that has not begun is given back alone, and is known everywhere; some were scaled after it. */
function renewed(chance: Chance): Step[] {
  const instances = chance.of([['o1.1'], ['o1.1'], ['o1.1', 'o1.2']]);
  const scaled: Step[] = [
    { do: 'change plan', as: 'o3', instances: ['o1.1'], plan: 'large' },
    { do: 'pay', order: 'o3' },
    { do: 'fulfil', order: 'o3' },
  ];
  return [
    { do: 'place', as: 'o1', product: 'BCC', count: instances.length },
    { do: 'pay', order: 'o1' },
    { do: 'fulfil', order: 'o1' },
    { do: 'renew', as: 'o2', instances },
    { do: 'pay', order: 'o2' },
    { do: 'fulfil', order: 'o2' },
    ...(chance.is(0.3) ? scaled : []),
    { do: 'catch up' },
    { do: 'quote', as: 'q1', instances: instances.slice(0, 1 + chance.below(2)), renewalOnly: true },
    { do: 'refund', as: 'r1', quote: 'q1' },
  ];
}

const upset = <K extends string>(chance: Chance, name: K, share: number) =>
  chance.is(share) ? { [name]: true as const } : {};
const upsets = (chance: Chance) => ({ ...upset(chance, 'dies', 0.06), ...upset(chance, 'twice', 0.06) });

/**
 * A few events that reach one service together. Notification decides nothing, so mostly it hears all at the
 * end.
 */
function deliver(model: SystemModel, chance: Chance, isSlow: (line: string) => boolean): Step | undefined {
  const to = chance.weighed(
    serviceNames
      .map((name) => [name === 'notification' ? 0.05 : 1, name] as const)
      .filter(([, name]) => model.pending(name).length > 0),
  );
  if (!to) return undefined;
  const ready = model.pending(to).filter(({ topic }) => !isSlow(`${to} ${topic}`) || chance.is(0.04));
  const events = chance
    .shuffled(ready)
    .slice(0, 1 + chance.below(4))
    .map(({ topic, about }) => ({ topic, about }));
  return events.length > 0
    ? { do: 'deliver', to: to as ServiceName, events, ...upset(chance, 'dies', 0.08) }
    : undefined;
}

/** Mostly a worker that has something to do. */
function work(model: SystemModel, chance: Chance): Step {
  const approved = model.refunds.some((name) => model.statusOf(name) === 'approved');
  const sealing = model.contracts.some((name) => model.statusOf(name) === 'draft');
  const worker = chance.weighed<WorkerName>([
    [1, 'expire'],
    [0.5, 'expiring'],
    [model.transfers.length > 0 ? 1.5 : 0.2, 'remittance-claims'],
    [0.2, 'statistics'],
    [model.lastCommand === 'export' ? 5 : 0.2, 'exporting'],
    [0.1, 'export-expiry'],
    [sealing ? 2 : 0.2, 'sealing'],
    [approved ? 5 : 0.2, 'payout'],
  ])!;
  return { do: 'work', worker, ...upset(chance, 'dies', 0.15) };
}

function rewind(model: SystemModel, chance: Chance): Step | undefined {
  const lines = model.heard();
  if (lines.length === 0) return undefined;
  const { to, topic, about } = chance.of(lines);
  return { do: 'rewind', to, topic, about, ...upset(chance, 'forgotten', 0.7) };
}

const reports = [
  { says: 'began later' },
  { says: 'ends sooner' },
  { says: 'ends later' },
  { says: 'ends later' },
  { says: 'released' },
  { says: 'frozen' },
  { says: 'frozen' },
  { says: 'free' },
  { says: 'free' },
  { says: 'free', late: true },
  { says: 'frozen', late: true },
] as const;

const amounts = [
  { amount: 'due' },
  { amount: 'due' },
  { amount: 'due' },
  { amount: 'due' },
  { amount: 'less' },
  { amount: 'due', stranger: true },
] as const;

type Choice = readonly [weight: number, step: () => Step];

/** A step that may be done to one of these; nothing where there is none. */
const oneOf = (
  chance: Chance,
  weight: number,
  names: readonly string[],
  step: (name: string) => Step,
): Choice => [names.length > 0 ? weight : 0, () => step(chance.of(names))];

/** They are no commands: nothing is answered, and nothing sent again. */
const calm = new Set<Step['do']>(['wait', 'payout fails', 'money arrives', 'correct', 'withdraw bill']);

/** Few things, and much that happens to them: mostly what they allow, now and then what must be refused. */
function command(model: SystemModel, chance: Chance): Step {
  const choices = [
    ...onOrders(model, chance),
    ...onContracts(model, chance),
    ...onTickets(model, chance),
    ...onBills(model, chance),
    ...onRefunds(model, chance),
  ];
  const step = chance.weighed(choices)?.() ?? ({ do: 'wait', ms: minute } as const);
  return calm.has(step.do) ? step : ({ ...step, ...upsets(chance) } as Step);
}

function onOrders(model: SystemModel, chance: Chance): Choice[] {
  const { orders } = model;
  const named = (...states: OrderState[]) =>
    [...orders.keys()].filter((name) => states.includes(model.stateOf(name)));
  const isOfPlan = (name: string) => orders.get(name)!.product === 'BCC';
  const as = `o${orders.size + 1}`;
  const place = (): Step => ({
    do: 'place',
    as,
    product: chance.of(['BCC', 'BCC', 'RDS']),
    count: chance.of([1, 1, 2]),
  });
  const money = (order: string): Step => ({
    do: 'money arrives',
    as: `m${model.received.size + 1}`,
    order,
    amount: chance.of(['due', 'due', 'less']),
  });
  const transfer = (): string => `b${1 + chance.below(model.transfers.length + 1)}`;
  return [
    [orders.size < 4 ? 5 / (1 + orders.size) : 0, place],
    oneOf(chance, orders.size < 7 ? 1.5 : 0, named('created'), (order) => ({
      do: 'renew',
      as,
      instances: chance.shuffled(instancesOf(model, order)).slice(0, chance.of([1, 2, 2])),
    })),
    oneOf(chance, orders.size < 7 ? 1 : 0, named('created').filter(isOfPlan), (order) => ({
      do: 'change plan',
      as,
      instances: chance.shuffled(instancesOf(model, order)).slice(0, chance.of([1, 2, 2])),
      plan: chance.of(['large', 'large', 'small']),
    })),
    [orders.size > 0 ? 0.2 : 0, () => ({ do: 'export' })],
    oneOf(chance, 3, named('unpaid'), (order) => ({ do: 'pay', order })),
    oneOf(chance, 1, named('unpaid'), (order) => ({ do: 'cancel', order })),
    oneOf(chance, 3, named('paid'), (order) => ({ do: 'fulfil', order })),
    oneOf(chance, 0.6, named('paid'), (order) => ({ do: 'fulfil in part', order })),
    oneOf(chance, 0.8, named('paid'), (order) => ({ do: 'fail', order })),
    oneOf(chance, model.refunds.length > 0 ? 1.2 : 0.5, named('created'), (order) => ({
      do: 'report',
      instance: chance.of(instancesOf(model, order)),
      ...chance.of(reports),
    })),
    oneOf(chance, 0.8, named('unpaid'), (order) => money(order)),
    oneOf(chance, model.transfers.length < 4 ? 1 : 0, named('unpaid'), (order) => ({
      do: 'transfer',
      as: `b${model.transfers.length + 1}`,
      order,
      ...chance.of(amounts),
    })),
    oneOf(chance, 1.5, named('unpaid'), (order) => ({ do: 'claim', transfer: transfer(), order })),
    oneOf(chance, 0.2, [...orders.keys()], (order) => money(order)),
    oneOf(chance, 0.1, [...orders.keys()], (order) => ({
      do: chance.of(['pay', 'cancel', 'fulfil', 'fulfil in part', 'fail']),
      order,
    })),
  ];
}

function onContracts(model: SystemModel, chance: Chance): Choice[] {
  const { contracts } = model;
  const living = [...model.orders.keys()].filter((name) => model.stateOf(name) !== 'over');
  const as = `c${contracts.length + 1}`;
  const live = contracts.filter((name) => !['voided', 'refused'].includes(model.statusOf(name) ?? ''));
  const drafts = contracts.filter((name) => model.statusOf(name) === 'draft');
  const official = contracts.filter((name) => model.statusOf(name) === 'official');
  return [
    oneOf(chance, live.length > 1 ? 1.5 : 3, living, () => ({
      do: 'apply',
      as,
      orders: chance.shuffled(living).slice(0, 1 + chance.below(3)),
    })),
    oneOf(chance, 1.5, drafts, (contract) => ({ do: 'finalize', contract })),
    oneOf(chance, 2.5, live, (contract) => ({ do: 'void', contract })),
    oneOf(chance, 1, official, (contract) => ({ do: 'void by ticket', contract })),
    oneOf(chance, 0.2, contracts, (contract) => ({ do: chance.of(['finalize', 'void']), contract })),
  ];
}

/** In runs that began with tickets. */
function onTickets(model: SystemModel, chance: Chance): Choice[] {
  const { tickets, contracts } = model;
  if (tickets.length === 0) return [];
  const living = [...model.orders.keys()].filter((name) => model.stateOf(name) !== 'over');
  const live = contracts.filter((name) => !['voided', 'refused'].includes(model.statusOf(name) ?? ''));
  const are = (status: string) => tickets.filter((name) => model.statusOf(name) === status);
  const record = (basis: string[]): Step => ({
    do: 'record',
    as: `c${contracts.length + 1}`,
    for: basis,
    number: `HT-${1 + chance.below(3)}`,
  });
  return [
    oneOf(chance, tickets.length < 6 ? 1.5 : 0, [...living, ...live], (name) => ({
      do: 'submit',
      as: `t${tickets.length + 1}`,
      kind: chance.of(['extra_terms', 'physical_seal', 'offline_contract']),
      about: [name],
    })),
    oneOf(chance, 2, are('submitted'), (ticket) => ({
      do: 'decide',
      ticket,
      how: chance.of(['approve', 'approve', 'decline', 'take back']),
    })),
    oneOf(chance, 2, are('approved'), (ticket) => record([ticket])),
    oneOf(chance, 0.5, tickets, (ticket) => record([ticket])),
    oneOf(chance, 1, living, (order) => record([order])),
  ];
}

/** Bills beside each other, of both entities; contracts over them alone, and over orders as well. */
function onBills(model: SystemModel, chance: Chance): Choice[] {
  const names = [...model.bills.keys()];
  const standing = names.filter((name) => model.bills.get(name)!.status !== 'withdrawn');
  const living = [...model.orders.keys()].filter((name) => model.stateOf(name) !== 'over');
  const of = chance.of(['BCC', 'BCC', 'RDS'] as const);
  const bill = `${of === 'RDS' ? 'kr' : 'k'}${names.length + 1}`;
  return [
    [names.length < 3 ? 0.8 : 0, () => ({ do: 'issue', bill, of })],
    oneOf(chance, 1.5, standing, () => ({
      do: 'apply',
      as: `c${model.contracts.length + 1}`,
      orders: chance.is(0.2) ? chance.shuffled(living).slice(0, 1) : [],
      bills: chance.shuffled(standing).slice(0, 1 + chance.below(2)),
    })),
    oneOf(chance, 0.8, standing, (name) => ({ do: 'correct', bill: name })),
    oneOf(chance, 0.5, standing, (name) => ({ do: 'withdraw bill', bill: name })),
  ];
}

function onRefunds(model: SystemModel, chance: Chance): Choice[] {
  const { quotes, refunds } = model;
  const made = [...model.orders.keys()].filter((name) => model.stateOf(name) === 'created');
  const are = (...statuses: string[]) =>
    refunds.filter((name) => statuses.includes(model.statusOf(name) ?? ''));
  const renewals = made.filter((name) => model.orders.get(name)!.gives === 'more time');
  const refund: Step = { do: 'refund', as: `r${refunds.length + 1}`, quote: quotes.at(-1) ?? '' };
  return [
    oneOf(chance, 2.5, made, (order) => ({
      do: 'quote',
      as: `q${quotes.length + 1}`,
      instances: chance.shuffled(instancesOf(model, order)).slice(0, 1 + chance.below(2)),
    })),
    oneOf(chance, 2, renewals, (order) => ({
      do: 'quote',
      as: `q${quotes.length + 1}`,
      instances: chance.shuffled(instancesOf(model, order)).slice(0, 1 + chance.below(2)),
      renewalOnly: true,
    })),
    oneOf(chance, model.lastCommand === 'quote' ? 20 : 0.5, quotes, () => refund),
    oneOf(chance, 3, are('reviewing'), (name) => ({
      do: chance.of(['approve', 'approve', 'reject', 'withdraw']),
      refund: name,
    })),
    oneOf(chance, 2, are('approved'), (name) => ({ do: 'payout fails', refund: name })),
    oneOf(chance, 1.5, are('failed'), (name) => ({ do: chance.of(['retry', 'withdraw']), refund: name })),
    oneOf(chance, 0.2, refunds, (name) => ({
      do: chance.of(['approve', 'reject', 'withdraw', 'retry']),
      refund: name,
    })),
  ];
}

const instancesOf = (model: SystemModel, order: string) =>
  model.orders.get(order)!.instances.map(model.nameOf);
