// Runs in a pod: customers who place, pay and cancel, on connections that are kept and on new ones, until SIGTERM.
// Then it prints what it saw as one line of JSON. LOAD_RETRIES=yes: asks again, with the same key, what was not
// answered, as clients do while something is down.
import http from 'node:http';

const {
  LOAD_ORDERS: orders,
  LOAD_ISSUER: issuer,
  LOAD_PRODUCT: productCode,
  LOAD_RETRIES: retries,
} = process.env;
const [clients, restMs, giveUpMs] = [Number(process.env.LOAD_CLIENTS), 250, 60_000];
const kept = new http.Agent({ keepAlive: true, maxSockets: 64 });
const never = new http.Agent({ keepAlive: false });
const seen = {
  requests: 0,
  failed: 0,
  asked_again: 0,
  placed: 0,
  paid: 0,
  cancelled: 0,
  slowestMs: 0,
  failures: [],
};
let running = true;
process.on('SIGTERM', () => (running = false));

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function send(agent, method, url, { token, key, body }) {
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(key && { 'idempotency-key': key }),
    };
    const request = http.request(url, { method, headers, agent, timeout: 15_000 }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, text }));
      response.on('error', (error) => resolve({ status: 0, text: String(error) }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 15 s')));
    request.on('error', (error) => resolve({ status: 0, text: String(error) }));
    request.end(body && JSON.stringify(body));
  });
}

/** The answer's body; undefined where it failed, which is counted. */
async function ask(agent, method, path, request, wanted) {
  const began = performance.now();
  for (;;) {
    const { status, text } = await send(agent, method, `${orders}${path}`, request);
    seen.requests += 1;
    if (status === wanted) {
      seen.slowestMs = Math.max(seen.slowestMs, Math.round(performance.now() - began));
      return JSON.parse(text);
    }
    const passes = [0, 502, 503, 504].includes(status) && performance.now() - began < giveUpMs;
    if (!retries || !passes) {
      seen.failed += 1;
      if (seen.failures.length < 20)
        seen.failures.push(`${new Date().toISOString()} ${method} ${path}: ${status} ${text.slice(0, 200)}`);
      return undefined;
    }
    seen.asked_again += 1;
    await rest(200);
  }
}

const tokenOf = async (who) => {
  for (;;) {
    const { status, text } = await send(never, 'POST', `${issuer}/token`, { body: who });
    if (status === 200) return JSON.parse(text).access_token;
    await rest(500);
  }
};

const platform = await tokenOf({ kind: 'platform' });

async function customer(number) {
  const agent = number % 2 === 0 ? kept : never;
  const token = await tokenOf({ kind: 'customer', accountId: `acc_load_${number}` });
  for (let turn = 0; running; turn += 1) {
    const key = `${process.env.HOSTNAME}-${number}-${turn}`;
    const body = {
      productCode,
      billType: 'prepay',
      chargeType: 'subscription',
      configuration: [{ name: 'Region', value: 'load' }],
      duration: { unit: 'month', value: 1 },
    };
    const placed = await ask(agent, 'POST', '/v1/orders', { token, key: `place-${key}`, body }, 201);
    if (!placed) continue;
    seen.placed += 1;
    const { orderId, payableAmount } = placed;
    if (turn % 2 === 0) {
      const payment = { paymentReference: `pay-${key}`, parts: { cash: payableAmount } };
      const request = { token: platform, key: `pay-${key}`, body: payment };
      if (await ask(agent, 'POST', `/v1/orders/${orderId}/payments`, request, 201)) seen.paid += 1;
    } else {
      const request = { token, key: `cancel-${key}`, body: { reason: 'ordered twice' } };
      if (await ask(agent, 'POST', `/v1/orders/${orderId}/cancel`, request, 200)) seen.cancelled += 1;
    }
    await rest(restMs);
  }
}

console.log('serving');
await Promise.all(Array.from({ length: clients }, (_, number) => customer(number)));
kept.destroy();
console.log(JSON.stringify(seen));
