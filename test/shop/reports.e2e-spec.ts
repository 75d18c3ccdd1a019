import { readdirSync } from 'node:fs';
import { Shop } from '../support/shop.js';

describe('reports', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open({}, { worker: false });
  });
  afterAll(async () => void (await shop.close()));

  it('SA7: renders a report to a PDF outside the store, and says 409 until then', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => ({ sku: `TEA-${i}`, sold: i, gift: i % 2 === 0, note: null }));
    const { status, data } = await shop.post('/reports', { title: 'Sales', rows });

    expect([status, data.state]).toEqual([201, 'ready']);
    expect(await shop.get(`/reports/${data.reportId}/file`)).toMatchObject({
      status: 409,
      error: { code: 'REPORT_NOT_READY' },
    });

    await shop.startWorker();
    const job = await shop.jobIn(data.jobId, 'completed');
    const file = await fetch(`${shop.url}/reports/${data.reportId}/file`);
    const pdf = Buffer.from(await file.arrayBuffer());

    expect(file.headers.get('content-type')).toBe('application/pdf');
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(job.result).toEqual({ reportId: data.reportId, size: pdf.length });
    expect(readdirSync(`${shop.folder}/reports`)).toEqual([`${data.reportId}.pdf`]);
  });

  it('SA7: takes rows without names, and none at all', async () => {
    for (const rows of [[['TEA-01', 2], ['CUP-07']], []]) {
      const { data } = await shop.post('/reports', { title: 'Plain', rows });
      await shop.jobIn(data.jobId, 'completed');
    }
  });

  it('answers 404 for a report nobody asked for', async () => {
    expect(await shop.get('/reports/nobody/file')).toMatchObject({
      status: 404,
      error: { code: 'RESOURCE_NOT_FOUND' },
    });
  });
});
