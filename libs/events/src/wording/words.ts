/** As `Locale` of @accord/core, which stands above this package. */
export type Locale = 'zh-CN' | 'en';
type Text = { readonly [L in Locale]: string };

export interface ReasonWords {
  /** Small letters, no facts, no full stop: it stands in a list after what it is about. */
  readonly clause: Text;
  /** Whole, with `{name}` for each fact it names; the clause with a full stop where it is left out. */
  readonly sentence?: Text;
}

/** Words for every code: one that has none, or lacks a language, does not compile. */
export type RefusalWords<Code extends string> = { readonly [C in Code]: ReasonWords };
