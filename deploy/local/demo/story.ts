import { randomBytes } from 'node:crypto';
import type { StoryContext } from '../commands/start.ts';
import { roles, type Plot } from './context.ts';
import { applyForContracts, cancelInsideAContract, sealAndVoid } from './contracts.ts';
import { startTelling } from './narrator.ts';
import { checkInvariants, expire, tellTimeline } from './outcome.ts';
import { failFulfilment, refund } from './refunds.ts';
import { openTheShop, placeOrders } from './shop.ts';

/**
 * The main story, told through the public API alone.
 *
 * @throws Error naming the step that did not go as documented.
 */
export async function playStory(context: StoryContext): Promise<void> {
  const started = performance.now();
  const teller = await startTelling(context, 'acc_demo');
  const plot: Plot = { teller, context, role: roles[context.profile], mark: randomBytes(3).toString('hex') };
  try {
    await openTheShop(plot);
    const orders = await placeOrders(plot);
    const contracts = await applyForContracts(plot, orders);
    await sealAndVoid(plot, contracts.order, orders);
    await cancelInsideAContract(plot, contracts.request, orders);
    await expire(plot, orders);
    await refund(plot, orders);
    await failFulfilment(plot);
    await tellTimeline(plot, orders);
    await checkInvariants(plot);
    teller.chapter(
      `The story ended as it should, after ${((performance.now() - started) / 1000).toFixed(1)} s.`,
    );
  } finally {
    await teller.end();
  }
}
