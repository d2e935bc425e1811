import { jest } from '@jest/globals';
import { describeKafkaClient } from './conformance.ts';

jest.setTimeout(60_000);

await describeKafkaClient(new URL('../src/index.ts', import.meta.url));
