import type { Schema } from '../api/client';
import { customers, keyOf, type Point, question, visits } from '../api/insight';
import { useAsk } from '../ask';
import { VisitMap } from '../chart/map';
import { Completeness, Shown, Tile, written } from '../part/figure';
import { useName } from '../part/name';
import { Answer } from '../part/state';
import { type Column, Table } from '../part/table';
import { usePeople } from '../people';
import { address, type Place } from '../place';
import { called, day, number, t } from '../text';

type Overdue = Schema<'Overdue'>;
type Segment = Schema<'Segment'>;

/** Visits that are drawn at most. */
const MOST = 2000;

function Visits({ place }: { place: Place }) {
  const name = useName();
  const asked = question(place, usePeople().currency);
  const answer = useAsk(`visits ${keyOf(asked)}`, () => visits(asked, MOST), ['visit', 'visit_route']);
  const who = (row: Point) => row.members.map(name).join(', ');
  const columns: Column<Point>[] = [
    {
      title: t('market.customer'),
      heads: true,
      show: (row) => <a href={address(['record', 'visits', row.id])}>{row.customer_name ?? t('market.hidden')}</a>,
      value: (row) => row.customer_name,
    },
    { title: t('market.who'), show: who, value: who },
    { title: t('market.day'), show: (row) => (row.day ? day(row.day) : '—'), value: (row) => row.day },
    { title: t('market.state'), show: (row) => called('point', row.state), value: (row) => called('point', row.state) },
    {
      title: t('market.evidence'),
      show: (row) =>
        row.state === 'made' ? (
          <span
            class={`badge ${row.verification === 'verified' ? 'good' : row.verification === 'invalid' ? 'bad' : 'warn'}`}
          >
            {called('verification', row.verification)}
          </span>
        ) : (
          '—'
        ),
      value: (row) => called('verification', row.verification),
    },
    {
      title: t('market.accuracy'),
      numeric: true,
      show: (row) => (row.accuracy_m == null ? '—' : `±${number(row.accuracy_m)} m`),
      value: (row) => row.accuracy_m,
    },
    {
      title: t('market.distance'),
      numeric: true,
      show: (row) => (row.distance_m == null ? '—' : `${number(row.distance_m)} m`),
      value: (row) => row.distance_m,
    },
    {
      title: t('market.minutes'),
      numeric: true,
      show: (row) => (row.minutes == null ? '—' : number(row.minutes)),
      value: (row) => row.minutes,
    },
    {
      title: t('market.outcome'),
      show: (row) => called('outcome', row.outcome),
      value: (row) => called('outcome', row.outcome),
    },
  ];
  return (
    <Answer asked={answer}>
      {({ head, activity, points, whole }) => (
        <>
          <Completeness head={head} />
          {activity && (
            <div class="tiles">
              <Tile
                level={2}
                title={t('market.visits')}
                figure={activity.visits}
                unit="count"
                note={t('market.remote', { n: activity.remote })}
                drill={{ figure: 'visits' }}
              />
              <Tile
                level={2}
                title={t('market.coverage')}
                figure={activity.coverage_bp}
                unit="bp"
                note={t('market.coverage.what', { n: activity.due })}
              />
              <Tile
                level={2}
                title={t('market.verified_coverage')}
                figure={activity.verified_coverage_bp}
                unit="bp"
                note={t('market.verified_coverage.what')}
              />
              <Tile
                level={2}
                title={t('market.unverified')}
                figure={activity.unverified_bp}
                unit="bp"
                note={t('market.unverified.what', { n: activity.unverified, invalid: activity.invalid })}
                drill={{ figure: 'unverified' }}
              />
              <Tile
                level={2}
                title={t('market.strike')}
                figure={activity.strike_bp}
                unit="bp"
                note={t('market.strike.what', { n: activity.productive })}
                drill={{ figure: 'productive' }}
              />
              <Tile
                level={2}
                title={t('market.adherence')}
                figure={activity.adherence_bp}
                unit="bp"
                note={t('market.adherence.what')}
                drill={{ figure: 'missed' }}
              />
              <Tile
                level={2}
                title={t('market.per_day')}
                figure={activity.calls_per_day_x100}
                unit="x100"
                note={t('market.per_day.what')}
              />
            </div>
          )}
          <section class="card">
            <h2>{t('market.map')}</h2>
            <p class="what">{t('market.map.what')}</p>
            {!whole && <p class="badge warn">{t('market.not_all', { n: points.length })}</p>}
            <VisitMap points={points} />
            <Table
              caption={t('market.list')}
              file="visits"
              columns={columns}
              rows={points}
              id={(row) => row.id}
              most={25}
              empty={t('market.none')}
            />
          </section>
        </>
      )}
    </Answer>
  );
}

function Customers({ place }: { place: Place }) {
  const asked = question(place, usePeople().currency);
  const answer = useAsk(`customers ${keyOf(asked)}`, () => customers(asked), [
    'customer',
    'sales_order',
    'visit',
    'survey_response',
  ]);
  return (
    <Answer asked={answer}>
      {(found) => {
        const { base, csat, nps } = found;
        const unit = { currency: found.currency };
        const overdue: Column<Overdue>[] = [
          {
            title: t('market.customer'),
            heads: true,
            show: (row) => <a href={address(['record', 'customers', row.id])}>{row.name ?? t('market.hidden')}</a>,
            value: (row) => row.name,
          },
          {
            title: t('market.last_visit'),
            show: (row) => (row.last_visit ? day(row.last_visit) : t('market.long_ago')),
            value: (row) => row.last_visit,
          },
          {
            title: t('market.wanted'),
            numeric: true,
            show: (row) => number(row.visits_per_month),
            value: (row) => row.visits_per_month,
          },
          {
            title: t('market.overdue_days'),
            numeric: true,
            show: (row) => (row.overdue_days == null ? '—' : number(row.overdue_days)),
            value: (row) => row.overdue_days,
          },
        ];
        const segments: Column<Segment>[] = [
          {
            title: t('market.segment'),
            heads: true,
            show: (row) => called('segment', row.segment),
            value: (row) => called('segment', row.segment),
          },
          {
            title: t('market.customers'),
            numeric: true,
            show: (row) => number(row.customers),
            value: (row) => row.customers,
          },
          { title: t('market.net'), numeric: true, show: (row) => written(row.net, unit), value: (row) => row.net },
        ];
        const few = <span class="badge warn">{t('figure.few')}</span>;
        return (
          <>
            <div class="tiles">
              <Tile
                level={2}
                title={t('market.new')}
                figure={base.new}
                unit="count"
                note={t('market.new.what')}
                drill={{ figure: 'orders' }}
              />
              <Tile
                level={2}
                title={t('market.active')}
                figure={base.at_end}
                unit="count"
                note={t('market.active.what', { n: base.active_days })}
              />
              <Tile
                level={2}
                title={t('market.retention')}
                figure={base.retention_bp}
                unit="bp"
                note={t('market.retention.what', { n: base.at_start, lost: base.lost })}
              />
              <Tile
                level={2}
                title={t('market.csat')}
                figure={csat.satisfied_bp}
                unit="bp"
                note={
                  <>
                    {t('market.answers', { n: csat.answers })} {csat.few && csat.answers > 0 && few}
                  </>
                }
                drill={{ figure: 'answers' }}
              />
              <Tile
                level={2}
                title={t('market.nps')}
                figure={nps.score}
                unit="points"
                note={
                  <>
                    {t('market.answers', { n: nps.answers })} · ± <Shown figure={nps.margin_x100} unit="x100" />{' '}
                    {nps.only_own && nps.answers > 0 && <span class="badge warn">{t('market.only_own')}</span>}
                  </>
                }
              />
            </div>
            <div class="columns">
              <section class="card">
                <h2>
                  {t('market.overdue')}{' '}
                  <span class={`badge ${found.overdue > 0 ? 'warn' : 'good'}`}>{number(found.overdue)}</span>
                </h2>
                <Table
                  caption={t('market.overdue')}
                  hideCaption
                  file="overdue"
                  columns={overdue}
                  rows={found.overdue_customers}
                  id={(row) => row.id}
                  most={20}
                  empty={t('market.overdue.none')}
                />
              </section>
              <section class="card">
                <h2>{t('market.segments')}</h2>
                <p class="what">{t('market.segments.what')}</p>
                <Table
                  caption={t('market.segments')}
                  hideCaption
                  file="segments"
                  columns={segments}
                  rows={found.segments.filter((one) => one.customers > 0)}
                  id={(row) => row.segment}
                  empty={found.segments_reason ? called('reason', found.segments_reason) : t('market.segments.none')}
                />
              </section>
            </div>
          </>
        );
      }}
    </Answer>
  );
}

/** Are we in the market? */
export function Market({ place }: { place: Place }) {
  return (
    <>
      <Visits place={place} />
      <Customers place={place} />
    </>
  );
}
