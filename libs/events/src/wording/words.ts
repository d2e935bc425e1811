/** The same as `Locale` of @accord/core, which imports this package. */
export type Locale = 'zh-CN' | 'en';
export type Text = { readonly [L in Locale]: string };

/** `{name}` stands for a fact; of several values each is listed. */
export interface Wording {
  /** In a list, after the id of an order or instance: small letters, no full stop. */
  readonly clause: Text;
  /** A text by itself. Left out: the clause as a sentence. */
  readonly sentence?: Text;
}

interface ReasonWords extends Wording {
  /** Words for where the code stands for something closer, by the fact that says so; the first that is there. */
  readonly where?: Readonly<Record<string, Wording>>;
}

/** Words for every code: one that has none, or lacks a language, does not compile. */
export type RefusalWords<Code extends string> = { readonly [C in Code]: ReasonWords };
