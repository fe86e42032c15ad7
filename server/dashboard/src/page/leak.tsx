import type { Schema } from '../api/client';
import { funnel, keyOf, question } from '../api/insight';
import { useAsk } from '../ask';
import { axes, Chart } from '../chart/chart';
import { Completeness, Shown, Tile } from '../part/figure';
import { Answer } from '../part/state';
import { type Column, Table } from '../part/table';
import { usePeople } from '../people';
import { address, type Place } from '../place';
import { called, number, percent, spoken, t } from '../text';

type Process = Schema<'Process'>;
type Stage = Schema<'StageFigures'>;

function nameOf(one: { name_zh?: string | null; name_en?: string | null; code?: string }): string {
  const own = spoken() === 'zh-CN' ? (one.name_zh ?? one.name_en) : (one.name_en ?? one.name_zh);
  return own ?? (one.code === undefined ? t('leak.process') : called('stage', one.code));
}

function Funnel({ process, currency }: { process: Process; currency: string }) {
  const { stages } = process;
  const unit = { currency };
  const columns: Column<Stage>[] = [
    { title: t('leak.stage'), heads: true, show: nameOf, value: nameOf },
    {
      title: t('leak.entered'),
      numeric: true,
      show: (row) => <a href={address(['records'], { figure: 'entered', stage: row.code })}>{number(row.entered)}</a>,
      value: (row) => row.entered,
    },
    { title: t('leak.passed'), numeric: true, show: (row) => number(row.passed), value: (row) => row.passed },
    {
      title: t('leak.conversion'),
      numeric: true,
      show: (row) => <Shown figure={row.conversion_bp} unit="bp" />,
      value: (row) => row.conversion_bp.value,
    },
    {
      title: t('leak.inside'),
      numeric: true,
      show: (row) => <a href={address(['records'], { figure: 'inside', stage: row.code })}>{number(row.inside)}</a>,
      value: (row) => row.inside,
    },
    {
      title: t('leak.median'),
      numeric: true,
      show: (row) => <Shown figure={row.median_hours} unit="hours" />,
      value: (row) => row.median_hours.value,
    },
    {
      title: t('leak.p90'),
      numeric: true,
      show: (row) => <Shown figure={row.p90_hours} unit="hours" />,
      value: (row) => row.p90_hours.value,
    },
  ];
  const label = stages
    .map((stage) => `${nameOf(stage)}: ${t('leak.entered')} ${stage.entered}, ${t('leak.passed')} ${stage.passed}`)
    .join('; ');
  const ranked = [...stages]
    .sort((a, b) => a.bottleneck - b.bottleneck)
    .filter((stage) => stage.entered > 0 || stage.inside > 0);
  return (
    <>
      <section class="card">
        <h2>{t('leak.funnel', { process: nameOf(process) })}</h2>
        <p class="what">{t('leak.funnel.what')}</p>
        <Chart
          label={label}
          size="low"
          of={`${JSON.stringify(stages)}${spoken()}`}
          option={(colours) => {
            const { axis, tooltip } = axes(colours);
            return {
              grid: { left: 8, right: 60, top: 30, bottom: 4, containLabel: true },
              legend: { top: 0, textStyle: { color: colours.text } },
              tooltip: { ...tooltip, trigger: 'axis', axisPointer: { type: 'shadow' } },
              xAxis: { type: 'value', minInterval: 1, ...axis },
              yAxis: {
                type: 'category',
                inverse: true,
                data: stages.map(nameOf),
                ...axis,
                axisLabel: { color: colours.text },
              },
              series: [
                {
                  name: t('leak.passed'),
                  type: 'bar',
                  stack: 'all',
                  barMaxWidth: 26,
                  data: stages.map((stage) => stage.passed),
                  itemStyle: { color: colours.blue },
                },
                {
                  name: t('leak.stopped'),
                  type: 'bar',
                  stack: 'all',
                  data: stages.map((stage) => stage.entered - stage.passed),
                  itemStyle: {
                    color: colours.orange,
                    decal: {
                      symbol: 'rect',
                      dashArrayX: [1, 0],
                      dashArrayY: [2, 5],
                      rotation: -0.8,
                      color: 'rgba(0,0,0,0.25)',
                    },
                  },
                  label: {
                    show: true,
                    position: 'right',
                    color: colours.text,
                    formatter: ({ dataIndex }) => {
                      const bp = stages[dataIndex]?.conversion_bp.value;
                      return bp == null ? '' : percent(bp, 0);
                    },
                  },
                },
              ],
            };
          }}
        />
        <Table caption={t('leak.table')} file="funnel" columns={columns} rows={stages} id={(row) => row.code} />
      </section>
      <section class="card">
        <h2>{t('leak.bottlenecks')}</h2>
        <p class="what">{t('leak.bottlenecks.what')}</p>
        {ranked.length === 0 && <p class="empty">{t('leak.none')}</p>}
        <ol class="ranked">
          {ranked.map((stage) => (
            <li key={stage.code}>
              <span class="rank">{stage.bottleneck}</span>
              <div>
                <strong>{nameOf(stage)}</strong> · {t('leak.conversion')}{' '}
                <Shown figure={stage.conversion_bp} unit="bp" /> · {t('leak.p90')}{' '}
                <Shown figure={stage.p90_hours} unit="hours" /> · {t('leak.score')}{' '}
                <Shown figure={stage.score} unit={unit} short />
                {stage.lost.length > 0 && (
                  <p class="faint">
                    {t('leak.lost_for')}:{' '}
                    {stage.lost.map((reason, at) => (
                      <span key={reason.reason}>
                        {at > 0 && ' · '}
                        <a
                          href={address(['records'], { figure: 'lost_from', stage: stage.code, reason: reason.reason })}
                        >
                          {called('lost_reason', reason.reason)} {number(reason.deals)}
                        </a>
                      </span>
                    ))}
                  </p>
                )}
              </div>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

/** Where does it leak? */
export function Leak({ place }: { place: Place }) {
  const asked = question(place, usePeople().currency);
  const answer = useAsk(`funnel ${keyOf(asked)}`, () => funnel(asked), ['deal', 'process_template']);
  return (
    <Answer asked={answer}>
      {(found) => {
        const { win_rate: rate, velocity } = found;
        return (
          <>
            <Completeness head={found} />
            <div class="tiles">
              <Tile
                level={2}
                title={t('leak.win_rate')}
                figure={rate.rate_bp}
                unit="bp"
                note={
                  <>
                    {t('leak.win_rate.what', { won: rate.won, lost: rate.lost })}{' '}
                    {rate.few && <span class="badge warn">{t('figure.few')}</span>}
                  </>
                }
                drill={{ figure: 'won' }}
              />
              <Tile level={2} title={t('leak.strict')} figure={rate.strict_bp} unit="bp" note={t('leak.strict.what')} />
              <Tile
                level={2}
                title={t('leak.overdue')}
                figure={rate.overdue}
                unit="count"
                note={t('leak.overdue.what')}
                drill={{ figure: 'overdue' }}
              />
              <Tile
                level={2}
                title={t('leak.stale')}
                figure={rate.stale}
                unit="count"
                note={t('leak.stale.what', { n: rate.stale_after_days })}
                drill={{ figure: 'stale' }}
              />
              <Tile
                level={2}
                title={t('leak.velocity')}
                figure={velocity.per_day}
                unit={{ currency: found.currency }}
                note={t('leak.velocity.what', { n: velocity.open })}
                drill={{ figure: 'open' }}
              />
            </div>
            {found.processes.length === 0 && (
              <section class="card">
                <p class="empty">{t('leak.none')}</p>
              </section>
            )}
            {found.processes.map((process) => (
              <Funnel key={process.id ?? ''} process={process} currency={found.currency} />
            ))}
            <p>
              <a href={address(['records'], { figure: 'lost' })}>{t('leak.lost')}</a>
            </p>
          </>
        );
      }}
    </Answer>
  );
}
