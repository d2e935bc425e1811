/**
 * Kinds of refusal. The HTTP edge makes a status of it. At the consumer edge an event refused as `invalid` or
 * `forbidden` is dead at once, for it cannot become right; every other kind is tried again, because an event
 * that is still on its way may make it right (EVT-9).
 */
type Kind = 'invalid' | 'forbidden' | 'not_found' | 'conflict' | 'precondition' | 'unavailable';

/** A package adds the codes that it words (`declare module`), so that a code without words does not compile. */
export interface RefusalCodes {
  'request.version_mismatch': true;
}

/**
 * The domain's "no": expected, explained, never logged as a failure. `code` is stable and documented (API-2);
 * `facts` fill the words that a person reads.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: Kind;
  readonly code: keyof RefusalCodes;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(kind: Kind, code: keyof RefusalCodes, facts: Refusal['facts'] = {}, options?: ErrorOptions) {
    super(code, options);
    this.kind = kind;
    this.code = code;
    this.facts = facts;
  }
}
