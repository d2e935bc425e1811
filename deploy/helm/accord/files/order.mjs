// `helm test`: places an order, cancels it, and waits until the timeline has heard of both by Kafka. Ends with 0,
// or with 1 and the first answer that is not as it should be.
import { readFileSync } from 'node:fs';

const {
  ACCORD_ORDER_URL: orders,
  ACCORD_NOTIFICATION_URL: notifications,
  ACCORD_ISSUER_URL: issuer,
  ACCORD_TEST_TOKEN_FILE: tokenFile,
  ACCORD_TEST_ORDER: order,
  ACCORD_TEST_PRODUCT: product,
} = process.env;
const withinMs = 60_000;

const waitUntil = performance.now() + withinMs;
const rest = () => new Promise((resolve) => setTimeout(resolve, 500));

/** Asked again while a service starts or a name is not known yet. */
async function ask(method, url, { token, body, status, untilThen = [] }) {
  for (;;) {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const asked = { method, headers, signal: AbortSignal.timeout(10_000), ...(body && { body }) };
    const answer = await fetch(url, asked).catch((error) => ({ status: 0, text: async () => error.cause ?? error }));
    const text = String(await answer.text());
    if (answer.status === status) return JSON.parse(text);
    if (performance.now() > waitUntil || ![0, 503, ...untilThen].includes(answer.status))
      throw new Error(`${method} ${url}: ${answer.status} instead of ${status}: ${text}`);
    await rest();
  }
}

const tokenOf = async (who) =>
  (await ask('POST', `${issuer}/token`, { body: JSON.stringify(who), status: 200 })).access_token;

async function placeAndCancel() {
  const token = issuer
    ? await tokenOf({ kind: 'customer', accountId: 'acc_helm_test' })
    : readFileSync(tokenFile, 'utf8').trim();
  if (issuer) {
    const { productCode, ...body } = JSON.parse(product);
    const operator = await tokenOf({ kind: 'operator' });
    await ask('PUT', `${orders}/v1/products/${productCode}`, {
      token: operator,
      body: JSON.stringify(body),
      status: 200,
    });
  }
  const { orderId } = await ask('POST', `${orders}/v1/orders`, { token, body: order, status: 201 });
  console.log(`placed ${orderId}`);
  const { status } = await ask('POST', `${orders}/v1/orders/${orderId}/cancel`, {
    token,
    body: JSON.stringify({ reason: 'helm test' }),
    status: 200,
  });
  if (status !== 'cancelled') throw new Error(`${orderId} is ${status} instead of cancelled`);
  console.log(`cancelled ${orderId}`);
  for (;;) {
    const timeline = JSON.stringify(
      // Not found until it has heard of the order.
      await ask('GET', `${notifications}/v1/timeline?orderId=${orderId}`, { token, status: 200, untilThen: [404] }),
    );
    if (['order.placed', 'order.cancelled'].every((type) => timeline.includes(type))) break;
    if (performance.now() > waitUntil) throw new Error(`the timeline has not heard of it: ${timeline}`);
    await rest();
  }
  console.log('the timeline has heard of both');
}

try {
  await placeAndCancel();
} catch (error) {
  console.error(`helm test: ${error.message}`);
  process.exitCode = 1;
}
