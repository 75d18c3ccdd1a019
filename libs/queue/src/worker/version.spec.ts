import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from './version.js';

describe('version', () => {
  it('is that of the package, so that workers announce what runs', () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as object;

    expect(manifest).toMatchObject({ name: 'millrace', version });
  });
});
