export { flawsUnderBadInput } from './bad-input.ts';
export { flawsOfExamples } from './examples.ts';
export { flawsUnderRepeats, type GrantedRequests } from './repeats.ts';
