import { tmpdir } from 'node:os';
import { networkFileSystem } from './network-file-system.js';

describe('a network file system', () => {
  it.each([
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [0xff534d42 | 0, 'CIFS'],
    [0xef53, undefined],
  ])('E4: is known by the type %i as %s, so that the store can warn at start', (type, name) => {
    expect(networkFileSystem('/data', () => ({ type }))).toBe(name);
  });

  it('is not suspected where nobody can tell', () => {
    const refuse = () => {
      throw new Error('ENOSYS');
    };
    expect(networkFileSystem('/data', refuse)).toBeUndefined();
    expect(networkFileSystem(tmpdir())).toBeUndefined();
  });
});
