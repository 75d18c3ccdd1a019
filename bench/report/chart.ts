import * as echarts from 'echarts';

/** Figures of several contestants, side by side. */
export interface Chart {
  readonly kind: 'bars' | 'lines';
  readonly title: string;
  readonly unit: string;
  /** What is compared, one after the other. */
  readonly labels: readonly string[];
  /** A number per label; `undefined` where there is none. */
  readonly rows: readonly { readonly name: string; readonly values: readonly (number | undefined)[] }[];
  shown(value: number): string;
}

/** Told apart by those who see red and green alike, and in grey by their lightness. */
const colours: Readonly<Record<string, string>> = { Millrace: '#1d4ed8', BullMQ: '#e08a1e', 'bee-queue': '#9ca3af' };
const otherColours = ['#0f766e', '#7c3aed', '#b91c1c'];
const ink = '#1f2937';
const softInk = '#4b5563';
const pale = '#e5e7eb';
const width = 760;
const barHeight = 17;

/** A card of its own white, as a page may be dark. The same chart gives the same text. */
export function drawn(chart: Chart): string {
  const bars = chart.kind === 'bars';
  const height = bars ? 96 + chart.labels.length * (chart.rows.length * barHeight + 22) : 340;
  const canvas = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    canvas.setOption({ ...common(chart), ...(bars ? horizontalBars(chart) : lines(chart)) });
    return still(canvas.renderToSVGString(), chart.title);
  } finally {
    canvas.dispose();
  }
}

function common({ title, unit, rows }: Chart): echarts.EChartsOption {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif', color: ink },
    title: {
      text: title,
      subtext: unit,
      left: 20,
      top: 14,
      textStyle: { fontSize: 15, color: ink },
      subtextStyle: { color: softInk },
    },
    legend: { right: 20, top: 16, itemGap: 22, data: rows.map(({ name }) => name), textStyle: { color: ink } },
  };
}

function horizontalBars({ labels, rows, shown }: Chart): echarts.EChartsOption {
  return {
    grid: { left: 20, right: 84, top: 66, bottom: 18, containLabel: true },
    xAxis: { type: 'value', axisLabel: { show: false }, splitLine: { lineStyle: { color: pale } } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: [...labels],
      axisTick: { show: false },
      axisLine: { lineStyle: { color: ink } },
      axisLabel: { color: ink, fontSize: 13 },
    },
    series: rows.map(({ name, values }, i) => ({
      name,
      type: 'bar',
      silent: true,
      barWidth: barHeight - 3,
      barGap: '20%',
      itemStyle: { color: colourOf(name, i) },
      label: {
        show: true,
        position: 'right',
        color: ink,
        fontSize: 12,
        formatter: ({ value }) => (typeof value === 'number' ? shown(value) : ''),
      },
      data: values.map((value) => value ?? '-'),
    })),
  };
}

function lines({ labels, rows, shown }: Chart): echarts.EChartsOption {
  return {
    grid: { left: 20, right: 40, top: 84, bottom: 18, containLabel: true },
    xAxis: { type: 'category', data: [...labels], axisLabel: { color: ink, fontSize: 13 } },
    yAxis: {
      type: 'value',
      min: 0,
      axisLabel: { color: ink, formatter: (value: number) => shown(value) },
      splitLine: { lineStyle: { color: pale } },
    },
    series: rows.map(({ name, values }, i) => ({
      name,
      type: 'line',
      silent: true,
      clip: false,
      symbol: 'circle',
      symbolSize: 8,
      lineStyle: { width: 2.5 },
      itemStyle: { color: colourOf(name, i) },
      label: {
        show: true,
        position: i > 0 && i === rows.length - 1 ? 'bottom' : 'top',
        color: ink,
        formatter: ({ value }) => (typeof value === 'number' ? shown(value) : ''),
      },
      data: values.map((value) => value ?? '-'),
    })),
  };
}

function colourOf(name: string, place: number): string {
  return colours[name] ?? otherColours[place % otherColours.length]!;
}

/** Leaves out what serves a mouse on a live page and the number of this drawing, and gives the picture a name. */
function still(svg: string, title: string): string {
  const plain = svg
    .replace(/<style[\s\S]*?<\/style>\s*/g, '')
    .replace(/ (class="zr[^"]*"|ecmeta_\w+="[^"]*"|pointer-events="visible")/g, '')
    .replace(/\bzr\d+-c/g, 'c')
    .replace(/^<svg [^>]*>/, (open) => `${open}\n<title>${title}</title>`);
  return `${plain.trim()}\n`;
}
