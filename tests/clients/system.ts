import { join } from 'node:path';
import { catalogue, startSystem, type System } from '@accord/local';
import { clientOf } from '@accord/testing';

/** The whole system for clients to try, with the provider's catalogue; each answer is held against the document. */
export async function startForClients(home: string): Promise<System> {
  process.env['ACCORD_ENV'] = 'development';
  const system = await startSystem({
    dataDir: join(home, 'system'),
    profile: 'baidu',
    settings: { ACCORD_CHECK_ANSWERS: 'true', ACCORD_RATE_PER_MINUTE: '0' },
  });
  const operator = clientOf(system.url, () => system.token({ kind: 'operator' }));
  for (const { productCode, ...publication } of catalogue.baidu) {
    const { status } = await operator.put(`/v1/products/${productCode}`, publication);
    if (status >= 300) throw new Error(`${productCode} could not be published: ${status}`);
  }
  return system;
}
