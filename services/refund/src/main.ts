import { runService } from '@accord/platform';
import { readConfig } from './config.ts';
import { refundService } from './service.ts';

await runService('refund', readConfig(process.env), refundService);
