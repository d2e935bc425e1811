import { randomBytes } from 'node:crypto';
import { providerOf } from './catalogue.ts';
import { roles, type DemoContext } from './context.ts';
import { applyForContracts, cancelInsideAContract } from './contracts.ts';
import { orderADomain } from './domain.ts';
import { exportOrders } from './export.ts';
import { startNarrator } from './narrator.ts';
import { checkInvariants, expire, tellTimeline } from './outcome.ts';
import { changePlans } from './plans.ts';
import { failFulfilment, refund } from './refunds.ts';
import { payByTransfer } from './remittance.ts';
import { sealAndVoid } from './seal-and-void.ts';
import type { DemoSettings } from './settings.ts';
import { openTheShop, placeOrders } from './shop.ts';
import { signOutside } from './signed-outside.ts';

/**
 * The main story, told through the public API alone.
 *
 * @throws Error naming the step that did not go as documented.
 */
export async function playStory(settings: DemoSettings): Promise<void> {
  const provider = providerOf(settings.rules);
  if (!provider) throw new Error('no shipped catalogue is invoiced by the entities of this profile');
  const started = performance.now();
  const narrator = await startNarrator(settings, 'acc_demo');
  const context: DemoContext = {
    narrator,
    settings,
    provider,
    role: roles[provider],
    mark: randomBytes(3).toString('hex'),
  };
  try {
    await openTheShop(context);
    const orders = await placeOrders(context);
    const contracts = await applyForContracts(context, orders);
    await sealAndVoid(context, contracts.order, orders);
    await cancelInsideAContract(context, contracts.request, orders);
    await expire(context, orders);
    await refund(context, orders);
    await failFulfilment(context);
    await changePlans(context);
    await payByTransfer(context);
    await orderADomain(context);
    await signOutside(context);
    await exportOrders(context, orders);
    await tellTimeline(context, orders);
    await checkInvariants(context);
    narrator.chapter(
      `The story ended as it should, after ${((performance.now() - started) / 1000).toFixed(1)} s.`,
    );
  } finally {
    await narrator.end();
  }
}
