import { orderIs, place, type DemoContext } from './context.ts';

/** ORD-20: an unpaid domain order has a checklist where it gets no contract (alibaba), and else none (baidu). */
export async function orderADomain(context: DemoContext): Promise<void> {
  const { narrator, role, mark } = context;
  narrator.chapter('10 · A domain that is not paid: its checklist, and somebody else is faster');
  const { orderId } = await place(context, 'A domain for a year.', {
    productCode: role.domain,
    serviceType: 'registration',
    billType: 'prepay',
    chargeType: 'subscription',
    configuration: [{ name: 'Domain', value: `${mark}.example.com` }],
    duration: { unit: 'year', value: 1 },
  });
  const { body } = await narrator.quietly({ who: 'customer', method: 'get', path: `/v1/orders/${orderId}` });
  for (const { text } of body.warnings) narrator.note(`warned: ${text}`);
  narrator.check(body.warnings.length === 1, 'the customer is warned that the name is not reserved');
  await downloadChecklist(context, orderId, body.links.checklist);
  await narrator.ask({
    what: 'Somebody else registers the name.',
    who: 'platform',
    method: 'post',
    path: `/v1/orders/${orderId}/domain-taken`,
    status: 200,
    follows: ['order.cancelled'],
    shows: (reply) => `${orderId} is ${reply.body.status}`,
    effects: () => [orderIs(orderId, 'cancelled')],
  });
}

async function downloadChecklist(
  { narrator }: DemoContext,
  orderId: string,
  link: string | null,
): Promise<void> {
  const download = { who: 'customer', method: 'get', path: `/v1/orders/${orderId}/checklist` } as const;
  if (link === null) {
    const asked = {
      ...download,
      what: 'It may have a contract, so it has no checklist.',
      code: 'order.no_checklist',
    };
    await narrator.ask({ ...asked, status: 409 });
    return;
  }
  const { bytes } = await narrator.ask({
    ...download,
    what: 'It gets no contract before it is paid; its checklist is downloaded instead.',
    status: 200,
  });
  narrator.check(bytes.subarray(0, 5).toString() === '%PDF-', 'it is a PDF');
}
