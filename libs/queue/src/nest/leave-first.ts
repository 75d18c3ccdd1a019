import type { ModulesContainer } from '@nestjs/core';

/**
 * Nest starts modules from the far end of the import tree and stops them in reverse; global modules count as farthest.
 * A module that must start last and stop first, before a database next door closes, has to be nearest of all: nearer
 * than the root. Call it while modules are made, as Nest sorts them once, at its first hook.
 */
export function leaveFirst(modules: ModulesContainer, token: object): void {
  for (const module of modules.values()) {
    if (module.metatype === token) module.distance = -1;
  }
}
