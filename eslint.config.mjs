import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const heavyWire = ['@grpc/*', '@nats-io/*', '@kubernetes/*', '@opentelemetry/*'];

export default tseslint.config(
  {
    ignores: [
      '**/node_modules/**',
      '**/generated/**',
      '**/dist/**',
      '.nx/**',
      '.medlego/**',
      'docs/**',
      'data/**',
      'models/**',
      '**/fixtures/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  prettier,
  {
    plugins: { '@nx': nx },
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          // No catch-all row: a project without a layer tag may import nothing of ours.
          depConstraints: [
            {
              sourceTag: 'layer:app',
              onlyDependOnLibsWithTags: [
                'layer:app',
                'layer:platform',
                'layer:wire',
                'layer:compute',
                'layer:base',
                'layer:test',
              ],
            },
            {
              sourceTag: 'layer:platform',
              onlyDependOnLibsWithTags: ['layer:platform', 'layer:wire', 'layer:base', 'layer:test'],
            },
            { sourceTag: 'layer:wire', onlyDependOnLibsWithTags: ['layer:wire', 'layer:base', 'layer:test'] },
            {
              sourceTag: 'layer:compute',
              onlyDependOnLibsWithTags: ['layer:compute', 'layer:base', 'layer:test'],
              bannedExternalImports: heavyWire,
            },
            { sourceTag: 'scope:floor', notDependOnLibsWithTags: ['scope:middle', 'scope:top'] },
            { sourceTag: 'scope:middle', notDependOnLibsWithTags: ['scope:middle', 'scope:top'] },
            { sourceTag: 'layer:base', onlyDependOnLibsWithTags: ['layer:base', 'layer:test'] },
            { sourceTag: 'layer:test', onlyDependOnLibsWithTags: ['layer:base'] },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'List exports by name.' },
        { selector: 'ExportDefaultDeclaration', message: 'Use named exports.' },
      ],
    },
  },
  { files: ['libs/*/src/**/*.ts'], ignores: ['**/*.spec.ts'], rules: { 'no-console': 'error' } },
  { files: ['vitest.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
);
