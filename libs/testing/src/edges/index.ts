export { flawsUnderBadInput } from './bad-input.ts';
export { flawsUnderRepeats, type GrantedRequests } from './repeats.ts';
