import type { ModulesContainer } from '@nestjs/core';

/** The name of the module an application was made from: the one that no other imports. */
export function rootModuleOf(modules: ModulesContainer): string {
  const all = [...modules.values()];
  const imported = new Set(all.flatMap((module) => [...module.imports]));
  const root = all.find((module) => !imported.has(module) && !module.isGlobal);
  return root?.name ?? 'application';
}
