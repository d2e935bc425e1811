import { createHmac } from 'node:crypto';
import { plainSpaces, segmentsOf } from './segments.ts';
import { isSigned, secretsForm, signed } from './signature.ts';
import { phoneNumber } from './sms.ts';

describe('segments', () => {
  test.each([
    ['160 of the GSM alphabet', 'a'.repeat(160), 'gsm7', 1],
    ['one more', 'a'.repeat(161), 'gsm7', 2],
    ['two whole segments', 'a'.repeat(306), 'gsm7', 2],
    ['and one more', 'a'.repeat(307), 'gsm7', 3],
    ['80 that take two places', '€'.repeat(80), 'gsm7', 1],
    ['81 of those', '€'.repeat(81), 'gsm7', 2],
    ['one that would be cut in two', `${'a'.repeat(152)}€${'a'.repeat(152)}`, 'gsm7', 3],
    ['70 Chinese characters', '订'.repeat(70), 'ucs2', 1],
    ['one more', '订'.repeat(71), 'ucs2', 2],
    ['134, two whole segments', '订'.repeat(134), 'ucs2', 2],
    ['a pair that would be cut in two', `${'订'.repeat(66)}😀${'订'.repeat(66)}`, 'ucs2', 3],
    ['one character outside of the alphabet', `${'a'.repeat(70)}“`, 'ucs2', 2],
    ['nothing', '', 'gsm7', 1],
  ] as const)('NTF-2 %s', (_, text, encoding, segments) => {
    expect(segmentsOf(text)).toEqual({ encoding, segments });
  });

  test('NTF-2 the space that dates come with costs no alphabet', () => {
    const at = new Intl.DateTimeFormat('en', { timeStyle: 'short' }).format(new Date(0));
    expect(segmentsOf(plainSpaces(`by ${at}\u202fPM\u00a0UTC`)).encoding).toBe('gsm7');
  });
});

test('NTF-2 numbers as people write them', () => {
  const of = (phone: string | null) => phoneNumber({ phone }, '86');
  expect(of('138 0013-8000')).toBe('+8613800138000');
  expect(of('+86 (138) 0013 8000')).toBe('+8613800138000');
  expect(of('0086 138 0013 8000')).toBe('+8613800138000');
  expect(of('010-12345678')).toBe('+861012345678');
  expect(of('+1 415 555 0100')).toBe('+14155550100');
  for (const none of [null, '', '110', 'ask Li', '+0123456789', '1'.repeat(20), '13800138000 ext 7'])
    expect([none, of(none)]).toEqual([none, undefined]);
});

describe('signatures', () => {
  const [one, two] = ['1', '2'].map((n) => `whsec_${Buffer.from(n.repeat(32)).toString('base64')}`) as [
    string,
    string,
  ];
  const now = new Date('2026-01-10T08:00:00.500Z');
  const body = '{"id":"ntf_1","text":"订单"}';
  const headers = signed(one, { id: 'ntf_1', body, now });
  const holds = (more: object = {}, secrets = one, at = now, bytes = body) =>
    isSigned(secrets, { ...headers, ...more }, { body: Buffer.from(bytes), now: at });

  test('NTF-2 as Standard Webhooks 1.0 says: HMAC-SHA256 of id, seconds and body', () => {
    const hmac = createHmac('sha256', '1'.repeat(32)).update(`ntf_1.1768032000.${body}`).digest('base64');
    expect(headers).toEqual({
      'webhook-id': 'ntf_1',
      'webhook-timestamp': '1768032000',
      'webhook-signature': `v1,${hmac}`,
    });
    expect([one, `${one},${two}`].every((secret) => secretsForm.test(secret))).toBe(true);
    expect(secretsForm.test('whsec_short')).toBe(false);
  });

  test('NTF-2 it holds for these bytes, this id and this time, by any of our secrets and any of theirs', () => {
    expect(holds()).toBe(true);
    expect(holds({}, `${two},${one}`)).toBe(true);
    expect(holds({ 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` })).toBe(true);
    const wrong = [
      holds({}, two),
      holds({ 'webhook-id': 'ntf_2' }),
      holds({ 'webhook-timestamp': '1768032001' }),
      holds({ 'webhook-timestamp': 'now' }),
      holds({ 'webhook-timestamp': undefined }),
      holds({ 'webhook-id': undefined }),
      holds({ 'webhook-signature': undefined }),
      holds({ 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v2,') }),
      holds({ 'webhook-signature': 'v1,' }),
      holds({}, one, now, body.replace('1', '2')),
    ];
    expect(wrong).toEqual(wrong.map(() => false));
  });

  test('NTF-2 one that was kept for later is refused after five minutes, as is one from the future', () => {
    const at = (seconds: number) => holds({}, one, new Date(1_768_032_000_000 + seconds * 1_000));
    expect([at(-301), at(-300), at(300), at(301)]).toEqual([false, true, true, false]);
  });
});
