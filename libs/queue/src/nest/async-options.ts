import type { FactoryProvider, InjectionToken, Provider, Type } from '@nestjs/common';
import { ConfigInvalid } from '../job/errors.js';

interface Asynchronous<O> {
  inject?: FactoryProvider['inject'];
  useFactory?: (...args: never[]) => O | Promise<O>;
  useClass?: Type<object>;
  useExisting?: Type<object>;
}

/** The providers behind `forRootAsync`: options under `token`, made by a factory, a class or an existing provider. */
export function asyncOptions<O>(
  token: InjectionToken,
  from: Asynchronous<O>,
  method: string,
  check: (options: O) => O,
): Provider[] {
  const { useFactory, useClass, useExisting, inject } = from;
  if (useFactory) {
    const make = async (...args: unknown[]) => check(await useFactory(...(args as never[])));
    return [{ provide: token, inject: inject ?? [], useFactory: make }];
  }
  const maker = useExisting ?? useClass;
  if (!maker) throw new ConfigInvalid('useFactory', 'forRootAsync needs one of useFactory, useClass and useExisting.');
  const make = async (factory: Record<string, () => O | Promise<O>>) => check(await factory[method]!());
  const options: Provider = { provide: token, inject: [maker], useFactory: make };
  return useExisting ? [options] : [{ provide: maker, useClass: maker }, options];
}
