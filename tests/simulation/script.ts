import type { Step } from './steps.ts';

const minute = 60_000;
const times = [
  [24 * 60 * minute, 'days'],
  [minute, 'minutes'],
] as const;

function lasting(ms: number): string {
  const [unit, name] = times.find(([each]) => ms >= each) ?? times[1];
  return `${ms / unit} ${name}`;
}

/** One step as a line to read. */
export function inWords(step: Step): string {
  const upset = ['dies', 'twice']
    .filter((name) => name in step)
    .map((name) => (name === 'dies' ? ', dying before the commit' : ', sent twice'));
  return said(step) + upset.join('');
}

function said(step: Step): string {
  switch (step.do) {
    case 'place':
      return `place ${step.as}: ${step.count} ${step.product}`;
    case 'renew':
      return `place ${step.as}: renewal of ${step.instances.join(' ')}`;
    case 'change plan':
      return `place ${step.as}: ${step.instances.join(' ')} to ${step.plan}`;
    case 'export':
      return 'ask for an export';
    case 'report':
      return `the platform reports ${step.instance}: ${step.says}${step.late ? ', late' : ''}`;
    case 'transfer':
      return (
        `the bank reports ${step.as} for ${step.order}${step.amount === 'less' ? ', less than is due' : ''}` +
        `${step.stranger ? ', from a stranger' : ''}`
      );
    case 'claim':
      return `claim ${step.transfer} for ${step.order}`;
    case 'apply':
      return `apply for ${step.as} over ${[...step.orders, ...(step.bills ?? [])].join(' ')}`;
    case 'issue':
      return `the platform issues bill ${step.bill} of ${step.of}`;
    case 'quote':
      return `quote ${step.as} for ${step.instances.join(' ')}${step.renewalOnly ? ', its renewals alone' : ''}`;
    case 'refund':
      return `refund ${step.as} as quoted in ${step.quote}`;
    case 'deliver':
      return `deliver to ${step.to}: ${step.events.map(({ topic, about }) => `${topic} of ${about}`).join(', ')}`;
    case 'catch up':
      return 'deliver everything';
    case 'rewind':
      return (
        `${step.to} hears ${step.topic} of ${step.about} again from its beginning` +
        `${step.forgotten ? ', its inbox cleared' : ''}`
      );
    case 'work':
      return `the worker ${step.worker} looks`;
    case 'correct':
      return `the platform corrects bill ${step.bill}`;
    case 'withdraw bill':
      return `the platform withdraws bill ${step.bill}`;
    case 'wait':
      return `${lasting(step.ms)} pass`;
    case 'money arrives':
      return `the bank tells of ${step.as} for ${step.order}${step.amount === 'less' ? ', less than is due' : ''}`;
    case 'payout fails':
      return `the payout of ${step.refund} fails`;
    default: {
      const { do: verb, dies: _dies, twice: _twice, ...about } = step;
      return `${verb} ${Object.values(about).join(' ')}`;
    }
  }
}
