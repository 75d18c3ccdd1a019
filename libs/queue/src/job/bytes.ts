type Unit = 'KB' | 'MB' | 'GB';

/** `'512MB' | '1.5GB'`, or bytes. A KB is 1024 bytes, an MB 1024 KB, a GB 1024 MB. */
export type Bytes = `${number}${Unit}` | number;

const size: Record<Unit, number> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
const shape = /^(\d+(?:\.\d+)?)(KB|MB|GB)$/;

/** Bytes, at least 1, or `undefined` when `value` is no such amount. */
export function parseBytes(value: unknown): number | undefined {
  const bytes = typeof value === 'string' ? ofText(value) : value;
  return typeof bytes === 'number' && Number.isFinite(bytes) && bytes >= 1 ? bytes : undefined;
}

/** For the eye: whole MB, or bytes where it is less than one. */
export function formatBytes(bytes: number): string {
  return bytes < size.MB ? `${bytes} bytes` : `${Math.round(bytes / size.MB)}MB`;
}

function ofText(text: string): number | undefined {
  const match = shape.exec(text);
  return match ? Number(match[1]) * size[match[2] as Unit] : undefined;
}
