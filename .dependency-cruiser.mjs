/** Circles, types counted, and who may know which package. */
export default {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Types count as well.',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    includeOnly: '^(libs|services|deploy|tests|apps)/',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
