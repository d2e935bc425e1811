/**
 * What is wrong with what was asked. The HTTP edge makes a status of it. At the consumer edge an event that
 * is refused as `invalid` or `forbidden` is dead at once; every other kind is tried again, for it may be
 * mended by what is still on its way (EVT-9).
 */
export type RefusalKind = 'invalid' | 'forbidden' | 'not_found' | 'conflict' | 'precondition' | 'unavailable';

export type RefusalCode = `${string}.${string}`;
export type RefusalFacts = Readonly<Record<string, unknown>>;

/**
 * The domain's "no": expected, explained, never logged as a failure. `code` is stable and documented (API-2).
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: RefusalKind;
  readonly code: RefusalCode;
  readonly facts: RefusalFacts;

  constructor(kind: RefusalKind, code: RefusalCode, facts: RefusalFacts = {}, options?: ErrorOptions) {
    super(code, options);
    this.kind = kind;
    this.code = code;
    this.facts = facts;
  }
}
