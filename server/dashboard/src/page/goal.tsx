import type { Schema } from '../api/client';
import { attainment, forecast, keyOf, type Line, question } from '../api/insight';
import { useAsk } from '../ask';
import { axes, Chart } from '../chart/chart';
import { Completeness, Drill, lineName, Shown, Tile, unitOf, why, written } from '../part/figure';
import { Person, When } from '../part/name';
import { Answer } from '../part/state';
import { type Column, Table } from '../part/table';
import { usePeople } from '../people';
import type { Place } from '../place';
import { called, money, percent, t } from '../text';

type Attainment = Schema<'Attainment'>;
type Forecast = Schema<'Forecast'>;
type MemberLines = Schema<'MemberLines'>;

const KINDS = ['deal', 'sales_credit', 'sales_target', 'sales_order', 'visit', 'survey_response'];

/** What is reached beside where it should be today. */
function Pace({ line, elapsed, total }: { line: Line; elapsed: number; total: number }) {
  const bp = line.attainment_bp.value;
  if (bp === null || bp === undefined || total === 0) return null;
  const due = (elapsed / total) * 10_000;
  const most = Math.max(10_000, bp);
  const across = (value: number) => (value / most) * 100;
  const behind = bp < due;
  return (
    <div>
      <svg
        class="pace"
        viewBox="0 0 100 6"
        preserveAspectRatio="none"
        role="img"
        aria-label={t('goal.pace', { bp: percent(bp), due: percent(due) })}
      >
        <rect x="0" y="1" width="100" height="4" class="rest" />
        <rect x="0" y="1" width={across(bp)} height="4" class={behind ? 'behind' : 'ahead'} />
        <rect x={Math.max(0, across(due) - 0.25)} y="0" width="0.5" height="6" class="due" />
      </svg>
      <p class="faint">
        {t('goal.pace', { bp: percent(bp), due: percent(due) })}{' '}
        <span class={`badge ${behind ? 'warn' : 'good'}`}>{t(behind ? 'goal.behind' : 'goal.ahead')}</span>
      </p>
    </div>
  );
}

function Total({ found }: { found: Attainment }) {
  const total = found.elapsed_days + found.remaining_days;
  if (found.total.length === 0) return <p class="empty">{t('goal.no_target')}</p>;
  return (
    <>
      {found.total.map((line) => {
        const unit = unitOf(line);
        return (
          <section key={`${line.kpi} ${line.metric}`} class="card">
            <h2>{lineName(line)}</h2>
            <div class="tiles inner">
              <Tile
                title={t('goal.actual')}
                figure={line.actual}
                unit={unit}
                {...(line.metric === 'sales_amount' ? { drill: { figure: 'credits' } } : {})}
              />
              <Tile
                title={t('goal.target')}
                figure={line.target}
                unit={unit}
                {...(line.summed && line.target.value != null ? { note: t('goal.summed') } : {})}
              />
              <Tile title={t('goal.attainment')} figure={line.attainment_bp} unit="bp" />
              <Tile title={t('goal.expected')} figure={line.expected} unit={unit} note={t('goal.expected.what')} />
              <Tile
                title={t('goal.required')}
                figure={line.required}
                unit={unit}
                note={t('goal.required.what', { n: found.remaining_days })}
              />
            </div>
            <Pace line={line} elapsed={found.elapsed_days} total={total} />
          </section>
        );
      })}
    </>
  );
}

function Members({ found }: { found: Attainment }) {
  const kinds = found.total.length > 0 ? found.total : [];
  const lead = kinds[0];
  if (lead === undefined) return null;
  const of = (row: MemberLines) => row.lines.find((line) => line.kpi === lead.kpi && line.metric === lead.metric);
  const unit = unitOf(lead);
  const none = <span class="faint">—</span>;
  const cell = (name: 'actual' | 'target' | 'attainment_bp' | 'required', title: string): Column<MemberLines> => ({
    title,
    numeric: true,
    show: (row) => {
      const line = of(row);
      return line === undefined ? none : <Shown figure={line[name]} unit={name === 'attainment_bp' ? 'bp' : unit} />;
    },
    value: (row) => of(row)?.[name].value,
  });
  const columns: Column<MemberLines>[] = [
    { title: t('people.name'), heads: true, show: (row) => row.name, value: (row) => row.name },
    cell('actual', t('goal.actual')),
    cell('target', t('goal.target')),
    cell('attainment_bp', t('goal.attainment')),
    cell('required', t('goal.required')),
    {
      title: '',
      show: (row) => <Drill to={{ figure: 'credits', member: row.id }} title={row.name} />,
      value: () => '',
    },
  ];
  return (
    <section class="card">
      <Table
        caption={t('goal.members', { line: lineName(lead) })}
        file="attainment"
        columns={columns}
        rows={found.members}
        id={(row) => row.id}
      />
    </section>
  );
}

interface FanRow {
  name: string;
  won?: number | null;
  value?: number | null;
  low?: number | null;
  high?: number | null;
  naive?: number | null;
}

/** Months that were, and what may follow: the forecast with its band, and the naive one it has to beat. */
function Fan({ found }: { found: Forecast }) {
  const { series } = found;
  const unit = { currency: found.currency };
  const past = series.history;
  const names = [...past, ...series.forecast].map((month) => month.name);
  const line = <T,>(pick: (month: (typeof series.forecast)[number]) => T | null | undefined) => [
    ...past.map(() => null),
    ...series.forecast.map((month) => pick(month) ?? null),
  ];
  const short = (value: number) => written(value, unit, true);
  const label = t('goal.fan.label', {
    method: called('method', series.method),
    months: series.forecast.map((month) => `${month.name} ${short(month.value)}`).join(', ') || '—',
  });
  const error = (title: string, view: Forecast['series']['error']) =>
    view && (
      <p class="faint">
        {title}: MASE{' '}
        {view.mase_bp.value === null || view.mase_bp.value === undefined
          ? why(view.mase_bp)
          : (view.mase_bp.value / 10_000).toFixed(2)}{' '}
        · WAPE <Shown figure={view.wape_bp} unit="bp" /> · {t('goal.fan.bias')}{' '}
        <Shown figure={view.bias_bp} unit="bp" /> · {t('goal.fan.points', { n: view.points })}
      </p>
    );
  return (
    <section class="card">
      <h2>{t('goal.fan')}</h2>
      <p class="what">
        {series.method
          ? t('goal.fan.what', { method: called('method', series.method) })
          : t('goal.fan.no', { why: called('reason', series.reason) })}
      </p>
      {names.length === 0 ? (
        <p class="empty">{t('goal.fan.none')}</p>
      ) : (
        <Chart
          label={label}
          of={`${JSON.stringify(series)}${found.currency}${document.documentElement.lang}`}
          option={(colours) => {
            const { axis, tooltip } = axes(colours);
            return {
              grid: { left: 8, right: 12, top: 36, bottom: 8, containLabel: true },
              legend: {
                textStyle: { color: colours.text },
                top: 0,
                data: [t('goal.won'), t('goal.forecast'), t('goal.naive')],
              },
              tooltip: {
                ...tooltip,
                trigger: 'axis',
                valueFormatter: (value) => (typeof value === 'number' ? short(value) : '—'),
              },
              xAxis: { type: 'category', data: names, ...axis, splitLine: { show: false } },
              yAxis: {
                type: 'value',
                ...axis,
                axisLabel: { ...axis.axisLabel, formatter: (value: number) => short(value) },
              },
              series: [
                {
                  name: t('goal.won'),
                  type: 'bar',
                  barMaxWidth: 26,
                  data: past.map((month) => month.won.value ?? null),
                  itemStyle: { color: colours.blue },
                },
                {
                  name: 'low',
                  type: 'line',
                  stack: 'band',
                  data: line((month) => month.low),
                  lineStyle: { opacity: 0 },
                  symbol: 'none',
                  tooltip: { show: false },
                  silent: true,
                },
                {
                  name: 'band',
                  type: 'line',
                  stack: 'band',
                  symbol: 'none',
                  tooltip: { show: false },
                  silent: true,
                  data: line((month) => (month.high != null && month.low != null ? month.high - month.low : null)),
                  lineStyle: { opacity: 0 },
                  areaStyle: { color: colours.orange, opacity: 0.25 },
                },
                {
                  name: t('goal.forecast'),
                  type: 'line',
                  data: line((month) => month.value),
                  symbolSize: 8,
                  lineStyle: { width: 3, color: colours.orange },
                  itemStyle: { color: colours.orange },
                },
                {
                  name: t('goal.naive'),
                  type: 'line',
                  data: line((month) => month.naive),
                  symbol: 'diamond',
                  symbolSize: 7,
                  lineStyle: { type: 'dashed', color: colours.grey },
                  itemStyle: { color: colours.grey },
                },
              ],
            };
          }}
        >
          <Table
            caption={t('goal.fan')}
            hideCaption
            file="forecast"
            rows={
              [
                ...past.map((month) => ({ name: month.name, won: month.won.value ?? null })),
                ...series.forecast,
              ] as FanRow[]
            }
            id={(row) => `${row.name} ${row.won === undefined}`}
            columns={[
              { title: t('pick.period'), heads: true, show: (row) => row.name, value: (row) => row.name },
              ...(
                [
                  ['won', t('goal.won')],
                  ['value', t('goal.forecast')],
                  ['low', t('goal.low')],
                  ['high', t('goal.high')],
                  ['naive', t('goal.naive')],
                ] as const
              ).map(([name, title]) => ({
                title,
                numeric: true,
                show: (row: FanRow) => (row[name] == null ? '—' : written(row[name], unit)),
                value: (row: FanRow) => row[name],
              })),
            ]}
          />
        </Chart>
      )}
      {error(t('goal.fan.error'), series.error)}
      {error(t('goal.fan.naive_error'), series.naive_error)}
    </section>
  );
}

function Rollup({ found }: { found: Forecast }) {
  const unit = { currency: found.currency };
  const { rollup, pipeline } = found;
  return (
    <section class="card">
      <h2>{t('goal.rollup')}</h2>
      <p class="what">{t('goal.rollup.what')}</p>
      <div class="tiles inner">
        <Tile title={t('goal.closed')} figure={rollup.closed} unit={unit} drill={{ figure: 'closed' }} />
        <Tile
          title={called('forecast_category', 'commit')}
          figure={rollup.commit}
          unit={unit}
          drill={{ figure: 'commit' }}
        />
        <Tile
          title={called('forecast_category', 'most_likely')}
          figure={rollup.most_likely}
          unit={unit}
          drill={{ figure: 'most_likely' }}
        />
        <Tile
          title={called('forecast_category', 'best_case')}
          figure={rollup.best_case}
          unit={unit}
          drill={{ figure: 'best_case' }}
        />
        <Tile
          title={t('goal.weighted')}
          figure={pipeline.weighted}
          unit={unit}
          note={t('goal.weighted.what', { n: pipeline.deals })}
          drill={{ figure: 'open' }}
        />
      </div>
      {found.judgements.length > 0 && (
        <>
          <h3>{t('goal.judgements')}</h3>
          <ul>
            {found.judgements.map((one) => (
              <li key={`${one.line} ${one.at}`}>
                {called('line', one.line)}: <strong>{money({ minor: one.expected, currency: found.currency })}</strong>{' '}
                — <Person id={one.by} />, <When at={one.at} />
                {one.reason && <span class="faint"> · {one.reason}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** Will we hit the number? */
export function Goal({ place }: { place: Place }) {
  const asked = question(place, usePeople().currency);
  const reached = useAsk(`attainment ${keyOf(asked)}`, () => attainment(asked), KINDS);
  const coming = useAsk(`forecast ${keyOf(asked)}`, () => forecast(asked), KINDS);
  return (
    <>
      <Answer asked={reached}>
        {(found) => (
          <>
            <Completeness head={found} />
            <Total found={found} />
          </>
        )}
      </Answer>
      <Answer asked={coming}>
        {(found) => (
          <>
            <Rollup found={found} />
            <Fan found={found} />
          </>
        )}
      </Answer>
      {reached.value && <Members found={reached.value} />}
    </>
  );
}
