export { flawsUnderBadInput } from './bad-input.ts';
export { type ExampleCalls, flawsOfExamples } from './examples.ts';
export { flawsUnderRepeats } from './repeats.ts';
export { reads, unreadableTexts } from './texts.ts';
