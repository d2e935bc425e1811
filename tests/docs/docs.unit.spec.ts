import { readFileSync } from 'node:fs';
import { eventTypes } from '@accord/events';
import { eventsPage } from './events-page.ts';
import { lifecyclesPage } from './lifecycles-page.ts';

const kept = (file: string) => readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

/** The first line that differs says more than two whole pages. */
function expectCurrent(file: string, page: string) {
  const [old, now] = [kept(file).split('\n'), page.split('\n')];
  const line = now.findIndex((text, i) => text !== old[i]);
  if (line >= 0 || old.length !== now.length) throw new Error(`docs/${file} is stale from line ${line + 1}; run \`npm run docs\``);
}

test('docs/events.md is what the code says, and names every type and who hears it', () => {
  const page = eventsPage();
  expectCurrent('events.md', page);
  for (const type of eventTypes) expect(page).toMatch(new RegExp(`^\\| \`${type}\` .* \\| .*notification \\|$`, 'm'));
});

test('docs/lifecycles.md is what the code says, for every noun that has a lifecycle', async () => {
  const page = await lifecyclesPage();
  expectCurrent('lifecycles.md', page);
  const nouns = ['order', 'fulfilment', 'refund state', 'contract', 'ticket', 'refund', 'notification'];
  for (const noun of nouns) expect(page).toContain(`## ${noun}\n`);
});
