import type { EChartsOption } from 'echarts';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../text';
import { type Theme, useTheme } from '../theme';

/** Colours that people who see red and green alike tell apart (Okabe and Ito), a little lighter on dark ground. */
export const COLOURS: Record<
  Theme,
  {
    blue: string;
    orange: string;
    green: string;
    red: string;
    purple: string;
    sky: string;
    grey: string;
    text: string;
    faint: string;
    line: string;
  }
> = {
  light: {
    blue: '#0072b2',
    orange: '#e69f00',
    green: '#009e73',
    red: '#d55e00',
    purple: '#cc79a7',
    sky: '#56b4e9',
    grey: '#8a94a3',
    text: '#1a2029',
    faint: '#56606e',
    line: '#d9dde3',
  },
  dark: {
    blue: '#56b4e9',
    orange: '#e69f00',
    green: '#2fc79a',
    red: '#ff8a4c',
    purple: '#e0a0c4',
    sky: '#8fd0f5',
    grey: '#8a94a3',
    text: '#e8ebef',
    faint: '#a4afbd',
    line: '#343e4b',
  },
};

interface Given {
  /** What the picture says, for those who do not see it. */
  label: string;
  option: (colours: (typeof COLOURS)['light'], size: { width: number; height: number }) => EChartsOption;
  /** Asked again where this changes. */
  of: unknown;
  size?: 'low' | 'map';
  /** A point was chosen. */
  pick?: (data: unknown) => void;
  /** The same as a table. */
  children?: ComponentChildren;
}

/** A chart, drawn on a canvas: nothing of it needs what the page's policy forbids. Its numbers stand below it too. */
export function Chart({ label, option, of, size, pick, children }: Given) {
  const element = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const latest = useRef(pick);
  latest.current = pick;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it shows is named by `of`
  useEffect(() => {
    const place = element.current;
    if (place === null) return undefined;
    let over = false;
    let end = () => {};
    void import('./echarts').then(({ init }) => {
      if (over) return;
      const colours = COLOURS[theme];
      const chart = init(place, null, { renderer: 'canvas' });
      const draw = () =>
        chart.setOption({
          animation: false,
          textStyle: { fontFamily: getComputedStyle(place).fontFamily, color: colours.text },
          color: [colours.blue, colours.orange, colours.green, colours.red, colours.purple, colours.sky],
          ...option(colours, { width: place.clientWidth, height: place.clientHeight }),
        });
      draw();
      chart.on('click', (event) => latest.current?.((event as { data?: unknown }).data));
      const watch = new ResizeObserver(() => {
        chart.resize();
        draw();
      });
      watch.observe(place);
      end = () => {
        watch.disconnect();
        chart.dispose();
      };
    });
    return () => {
      over = true;
      end();
    };
  }, [theme, of]);
  return (
    <figure>
      <div ref={element} class={`chart ${size ?? ''}`} role="img" aria-label={label} />
      {children !== undefined && (
        <details class="data">
          <summary>{t('chart.table')}</summary>
          {children}
        </details>
      )}
    </figure>
  );
}

/** What every chart with axes has in common. */
export function axes(colours: (typeof COLOURS)['light']) {
  const axis = {
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.faint, hideOverlap: true },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colours.line } },
    nameTextStyle: { color: colours.faint },
  };
  const tooltip = {
    // On the canvas: a tooltip of HTML would need styles that the page's policy forbids.
    renderMode: 'richText' as const,
    backgroundColor: colours.text,
    textStyle: { color: colours.text === '#1a2029' ? '#ffffff' : '#11151b', fontSize: 12 },
    borderWidth: 0,
    confine: true,
  };
  return { axis, tooltip };
}
