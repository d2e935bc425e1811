import { runRebuild } from '@accord/platform';
import { orderView } from './order-view.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
process.exit(await runRebuild({ service: 'contract', models: [orderView] }, process.argv.slice(2), process.env, stop.signal));
