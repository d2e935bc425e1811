/** One width and one order of imports for everybody; `.editorconfig` says the same. */
export default {
  printWidth: 110,
  singleQuote: true,
  proseWrap: 'always',
  plugins: ['@ianvs/prettier-plugin-sort-imports'],
  importOrder: ['<BUILTIN_MODULES>', '<THIRD_PARTY_MODULES>', '^@accord/', '^[.]'],
  importOrderTypeScriptVersion: '6.0.3',
};
