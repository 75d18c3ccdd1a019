import { type HttpAdapterHost, type ModulesContainer, NestApplicationContext, type NestContainer } from '@nestjs/core';

/**
 * Closes the application around a provider, as `app.close()` does: Nest hands the application object to nobody inside,
 * so the same sequence is run over the same modules.
 */
export async function closeApplication(
  modules: ModulesContainer,
  http: HttpAdapterHost,
  signal?: string,
): Promise<void> {
  const container = { getModules: () => modules, getModuleCompiler: () => undefined } as unknown as NestContainer;
  await new Surrounding(container, http).close(signal);
}

class Surrounding extends NestApplicationContext {
  constructor(
    container: NestContainer,
    private readonly http: HttpAdapterHost,
  ) {
    super(container);
  }

  /** An application that also serves requests stops doing so at the usual point of the sequence. */
  protected override async dispose(): Promise<void> {
    await (this.http.httpAdapter as { close?(): unknown } | undefined)?.close?.();
  }
}
