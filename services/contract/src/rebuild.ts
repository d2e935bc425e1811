import { runRebuild } from '@accord/platform';
import { orderView } from './order-view.ts';
import { refundView } from './refund-view.ts';

process.exit(
  await runRebuild(
    { service: 'contract', models: [orderView, refundView] },
    process.argv.slice(2),
    process.env,
  ),
);
