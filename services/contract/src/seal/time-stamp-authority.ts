import type { X509Certificate } from 'node:crypto';
import type { Metrics } from '@accord/core/observability';
import type { Renewed, TlsMaterial } from '@accord/core/runtime';
import type { Stamp } from './cades.ts';
import { OutsideFailed, openOutside, post, type Outside } from './outside.ts';
import { stampWanted, timeStampIn, timeStampRequest } from './time-stamp.ts';

export interface TimeStampAddress {
  readonly url: URL;
  readonly tls: () => TlsMaterial;
  /** Certificates that the chains of its time stamps lead to. */
  readonly trusted: () => readonly X509Certificate[];
  /** For basic authentication. */
  readonly user?: string | undefined;
  readonly password?: Renewed<string> | undefined;
  /** The policy to ask for. */
  readonly policy?: string | undefined;
  /** Longest time until a time stamp has come, ms. */
  readonly withinMs?: number;
}

/** A time stamp authority that contracts are sealed with (CTR-37). */
export interface TimeStampAuthority extends Outside {
  /** @throws OutsideFailed where no time stamp came, or one that is not what was asked for. */
  readonly stamp: Stamp;
  /** A contract was sealed without its time stamp. */
  leftOut(): void;
  /** The chain of its last time stamp; none before the first. */
  certificates(): readonly X509Certificate[];
}

const name = 'time stamp authority';
/** Room that a file keeps for a time stamp with its certificates; a larger one is refused. */
export const timeStampRoom = 12_288;

/**
 * RFC 3161 over HTTP. Each call is a new request with a nonce of its own: a time stamp that was given, and whose
 * answer did not come, is of no file, and does no harm.
 */
export function openTimeStampAuthority(address: TimeStampAddress): TimeStampAuthority {
  const { url, tls, trusted, user, password, policy, withinMs = 8_000 } = address;
  const outside = openOutside(name);
  let seen: readonly X509Certificate[] = [];
  let without: ReturnType<Metrics['counter']> | undefined;
  const authorization = (): Record<string, string> =>
    user === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${user}:${password?.() ?? ''}`).toString('base64')}` };
  const stamp = async (signature: Buffer): Promise<Buffer> => {
    const wanted = stampWanted(signature, policy);
    const { type, body } = await post(name, {
      url,
      tls: tls(),
      headers: {
        'content-type': 'application/timestamp-query',
        accept: 'application/timestamp-reply',
        ...authorization(),
      },
      body: timeStampRequest(wanted),
      withinMs,
      mostBytes: 2 * timeStampRoom,
    });
    if (!/^application\/timestamp-reply\b/i.test(type))
      throw new OutsideFailed(name, 'its answer is no time stamp');
    const { token, chain } = timeStampIn(body, wanted, { trusted: trusted(), now: new Date() });
    if (token.length > timeStampRoom - attributeBytes)
      throw new OutsideFailed(
        name,
        `its time stamp has ${token.length} bytes, and there is room for ${timeStampRoom}`,
      );
    seen = chain;
    return token;
  };
  return {
    ...outside,
    observe(metrics) {
      outside.observe(metrics);
      without = sealsWithoutStamp(metrics);
    },
    leftOut: () => without?.inc(),
    stamp: (signature) => outside.ask(() => stamp(signature)),
    certificates: () => seen,
  };
}

/** There from the start, also without an authority. */
export const sealsWithoutStamp = (metrics: Metrics) =>
  metrics.counter(
    'accord_seals_without_time_stamp_total',
    'Contracts sealed without a time stamp because its authority was away for as long as the profile says',
  );

/** Around a token in the signature, at most. */
const attributeBytes = 64;
