import { describeKafkaClient } from './conformance.ts';

await describeKafkaClient(new URL('../src/index.ts', import.meta.url));
