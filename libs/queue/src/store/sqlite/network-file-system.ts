import { statfsSync } from 'node:fs';

/** What `statfs` calls those file systems whose locks and shared memory SQLite cannot rely on. */
const networks = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
]);

/** The name of the network file system that `folder` lies on; `undefined` on a local one, and where nobody can tell. */
export function networkFileSystem(
  folder: string,
  statfs: (path: string) => { type: number } = statfsSync,
): string | undefined {
  try {
    return networks.get(statfs(folder).type >>> 0);
  } catch {
    return undefined;
  }
}
