import { runRebuild } from '@accord/platform';
import { orderView } from './order-view.ts';

process.exit(
  await runRebuild({ service: 'contract', models: [orderView] }, process.argv.slice(2), process.env),
);
