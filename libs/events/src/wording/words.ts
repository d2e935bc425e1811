/** The same as `Locale` of @accord/core, which imports this package. */
export type Locale = 'zh-CN' | 'en';
type Text = { readonly [L in Locale]: string };

export interface ReasonWords {
  /** In a list, after the id of an order or instance: small letters, no facts, no full stop. */
  readonly clause: Text;
  /** A text by itself, with `{name}` for each fact it names. Left out: the clause as a sentence. */
  readonly sentence?: Text;
  /** Sentences for where the code stands for something closer, by the fact that says so. */
  readonly where?: Readonly<Record<string, Text>>;
}

/** Words for every code: one that has none, or lacks a language, does not compile. */
export type RefusalWords<Code extends string> = { readonly [C in Code]: ReasonWords };
