import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts';
import type { Point } from '../api/insight';
import { useName } from '../part/name';
import { address, go } from '../place';
import { called, day, number, spoken, t } from '../text';
import { axes, Chart } from './chart';

/** Metres in a degree of latitude. */
const DEGREE_M = 111_320;

interface Dot {
  point: Point;
  lat: number;
  lon: number;
}

/**
 * Where visits were made. There is no ground under it: no server of tiles is asked where our customers are. Distances are
 * true (a degree of longitude is drawn as long as it is there), customers are the landmarks, and circles show within what
 * a position is known.
 */
export function VisitMap({ points }: { points: Point[] }) {
  const name = useName();
  const dots: Dot[] = points.flatMap((point) =>
    point.lat_e7 == null || point.lon_e7 == null ? [] : [{ point, lat: point.lat_e7 / 1e7, lon: point.lon_e7 / 1e7 }],
  );
  const shops = [
    ...new Map(
      points.flatMap((point) =>
        point.customer_lat_e7 == null || point.customer_lon_e7 == null
          ? []
          : [
              [
                point.customer,
                { lat: point.customer_lat_e7 / 1e7, lon: point.customer_lon_e7 / 1e7, name: point.customer_name ?? '' },
              ] as const,
            ],
      ),
    ).values(),
  ];
  const without =
    points.filter((point) => point.state === 'made').length - dots.filter((dot) => dot.point.state === 'made').length;
  if (dots.length === 0 && shops.length === 0) return <p class="empty">{t('market.no_position')}</p>;
  const all = [...dots, ...shops];
  const lats = all.map((one) => one.lat);
  const lons = all.map((one) => one.lon);
  const middle = { lat: (Math.min(...lats) + Math.max(...lats)) / 2, lon: (Math.min(...lons) + Math.max(...lons)) / 2 };
  const shrink = Math.cos((middle.lat * Math.PI) / 180);
  // Kilometres from the middle, east and north.
  const east = (lon: number) => ((lon - middle.lon) * DEGREE_M * shrink) / 1000;
  const north = (lat: number) => ((lat - middle.lat) * DEGREE_M) / 1000;
  const wide = Math.max(0.5, ...all.map((one) => Math.abs(east(one.lon)))) * 2.2;
  const high = Math.max(0.5, ...all.map((one) => Math.abs(north(one.lat)))) * 2.2;
  const count = (verification: string) => dots.filter((dot) => dot.point.verification === verification).length;
  const label = t('market.map.label', {
    n: dots.length,
    verified: count('verified'),
    unverified: count('unverified'),
    invalid: count('invalid'),
  });
  return (
    <>
      <Chart
        label={label}
        size="map"
        of={`${points.map((point) => point.id + point.verification).join()}${spoken()}`}
        pick={(data) => {
          const id = (data as { id?: string } | undefined)?.id;
          if (id !== undefined) go(address(['record', 'visits', id]));
        }}
        option={(colours, size) => {
          const { axis, tooltip } = axes(colours);
          // A kilometre is as long to the north as to the east.
          const grid = { left: 62, right: 20, top: 40, bottom: 28 };
          const [across, up] = [size.width - grid.left - grid.right, size.height - grid.top - grid.bottom];
          const perPixel = Math.max(wide / across, high / up);
          const looks = [
            ['verified', 'circle', colours.green],
            ['unverified', 'triangle', colours.orange],
            ['invalid', 'diamond', colours.red],
          ] as const;
          const side = (pixels: number) => ({
            min: (-perPixel * pixels) / 2,
            max: (perPixel * pixels) / 2,
            type: 'value' as const,
            ...axis,
            axisLabel: {
              ...axis.axisLabel,
              showMinLabel: false,
              showMaxLabel: false,
              formatter: (value: number) => `${number(Math.abs(value), { maximumFractionDigits: 1 })} km`,
            },
          });
          return {
            grid,
            legend: { top: 0, textStyle: { color: colours.text } },
            tooltip: {
              ...tooltip,
              formatter: (params) => {
                const { data } = params as unknown as { data: { name: string; tip: string } };
                return `${data.name}\n${data.tip}`;
              },
            },
            dataZoom: [
              {
                type: 'inside',
                xAxisIndex: 0,
                filterMode: 'none',
                zoomOnMouseWheel: 'ctrl',
                preventDefaultMouseMove: false,
              },
              {
                type: 'inside',
                yAxisIndex: 0,
                filterMode: 'none',
                zoomOnMouseWheel: 'ctrl',
                preventDefaultMouseMove: false,
              },
            ],
            xAxis: side(across),
            yAxis: side(up),
            series: [
              {
                name: t('market.customers'),
                type: 'scatter',
                symbol: 'rect',
                symbolSize: 7,
                itemStyle: { color: colours.grey },
                data: shops.map((shop) => ({
                  name: shop.name,
                  tip: t('market.customer'),
                  value: [east(shop.lon), north(shop.lat)],
                })),
              },
              {
                name: t('market.accuracy'),
                type: 'custom',
                silent: true,
                tooltip: { show: false },
                data: dots
                  .filter((dot) => dot.point.accuracy_m != null)
                  .map((dot) => [east(dot.lon), north(dot.lat), (dot.point.accuracy_m ?? 0) / 1000]),
                renderItem: (_: CustomSeriesRenderItemParams, item: CustomSeriesRenderItemAPI) => {
                  const [x = 0, y = 0] = item.coord([item.value(0), item.value(1)]);
                  const size = item.size?.([item.value(2), item.value(2)]);
                  const radius = Array.isArray(size) ? (size[0] ?? 0) : (size ?? 0);
                  return {
                    type: 'circle',
                    shape: { cx: x, cy: y, r: Math.max(2, radius) },
                    style: { fill: colours.sky, opacity: 0.22, stroke: colours.blue, lineWidth: 1 },
                  };
                },
                itemStyle: { color: colours.sky },
              },
              ...looks.map(([verification, symbol, colour]) => ({
                name: called('verification', verification),
                type: 'scatter' as const,
                symbol,
                symbolSize: 11,
                itemStyle: { color: colour, borderColor: colours.text, borderWidth: 0.5 },
                data: dots
                  .filter((dot) => dot.point.verification === verification)
                  .map((dot) => ({
                    id: dot.point.id,
                    name: dot.point.customer_name ?? t('market.hidden'),
                    tip: [
                      dot.point.members.map(name).join(', '),
                      dot.point.day ? day(dot.point.day) : '',
                      dot.point.accuracy_m == null ? '' : `±${number(dot.point.accuracy_m)} m`,
                      dot.point.distance_m == null ? '' : `${t('market.distance')} ${number(dot.point.distance_m)} m`,
                    ]
                      .filter(Boolean)
                      .join(' · '),
                    value: [east(dot.lon), north(dot.lat)],
                  })),
              })),
            ],
          };
        }}
      />
      {without > 0 && <p class="faint">{t('market.without', { n: without })}</p>}
    </>
  );
}
