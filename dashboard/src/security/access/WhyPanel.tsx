/** Why a request or connection became what it became, in words, with what could be changed. */
import type { DecidingRule, Verdict, WrittenPlace } from '@weft/model';
import { hopWords, type NamedRemedy, type Refused, type Why } from '@weft/signals';
import { Badge, Panel, type Tone } from '../../kit/parts.tsx';
import { ObjectLink, PlaceLink } from '../links.tsx';
import { askedFor, resultOf } from './record-words.ts';

const about: Readonly<Record<Why['about'], readonly [tone: Tone, words: string]>> = {
  refusal: ['bad', 'refused'],
  failure: ['warn', 'failed'],
  success: ['good', 'nothing went wrong'],
};

type Policy = Pick<DecidingRule, 'namespace' | 'policy' | 'file' | 'line'>;

const placeIn = ({ namespace, policy, file, line }: Policy, path: string): WrittenPlace => ({
  ...{ kind: 'AuthorizationPolicy', namespace, name: policy, path },
  ...(file !== undefined && { file }),
  ...(line !== undefined && { line }),
});

const Said = ({ verdict: { why, by, nearest, change, amendments = [] } }: { readonly verdict: Verdict }) => (
  <>
    <p>{why}</p>
    {by && (
      <p>
        Decided by <PlaceLink {...placeIn(by, by.condition)} />
      </p>
    )}
    {nearest && (
      <p>
        Nearest is <PlaceLink {...placeIn(nearest, nearest.condition)} />
      </p>
    )}
    {change !== undefined && <p>Needed: {change}</p>}
    {amendments.map((one) => (
      <p key={`${one.path} ${one.add}`}>
        To allow it: add <code>{one.add}</code> to <PlaceLink {...placeIn(one, one.path)} />
      </p>
    ))}
  </>
);

const judgedBy = ({ judgement: { configuration } }: Refused): string => {
  const { moment, changedSince, revision } = configuration;
  if (moment === 'now') return `revision ${revision}, as it is now: what was in force then is not known any more`;
  return `revision ${revision}, which was in force then${changedSince ? '; it was changed since' : ' and is now'}`;
};

const Refusal = ({ refused }: { readonly refused: Refused }) => {
  const { rule, judgement, agrees } = refused;
  const verdict = judgement.hop?.verdict;
  return (
    <>
      {rule && (
        <p>
          The proxy named <PlaceLink {...rule} />
        </p>
      )}
      {agrees && verdict && <Said verdict={verdict} />}
      {agrees && !verdict && judgement.hop && <p>{judgement.hop.outcome.why}</p>}
      <p className="soft">Judged by {judgedBy(refused)}.</p>
    </>
  );
};

const Remedies = ({ remedies }: { readonly remedies: readonly NamedRemedy[] }) =>
  remedies.length === 0 ? null : (
    <div>
      <h3>What could be changed</h3>
      <ul>
        {remedies.map(({ kind, field, object }) => (
          <li key={`${kind} ${field} ${object?.namespace} ${object?.name}`}>
            {object ? <ObjectLink {...object} /> : `${kind} (there is none yet)`}
            {field !== '' && (
              <>
                , <code>{field}</code>
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  );

const Way = ({ why: { hops, cause } }: { readonly why: Why }) => (
  <div>
    <h3>Its way</h3>
    <ol>
      {hops.map((hop, index) => {
        const one = hop.server ?? hop.caller;
        return (
          <li key={`${hop.from} ${hop.to} ${one?.at}`}>
            {hop.from} → {hop.to} {one && <code>{askedFor(one)}</code>} {one && resultOf(one).words}{' '}
            {index === cause && <Badge tone="bad">here</Badge>}
          </li>
        );
      })}
    </ol>
  </div>
);

export const WhyPanel = ({ why }: { readonly why: Why }) => {
  const { hops, cause, refused } = why;
  const at = cause === undefined ? undefined : hops[cause];
  const [tone, words] = about[why.about];
  return (
    <Panel title="Why" tools={<Badge tone={tone}>{words}</Badge>}>
      {at?.diagnosis && (
        <p>
          <strong>{at.diagnosis.words}</strong> ({hopWords[at.diagnosis.hop]})
        </p>
      )}
      {why.about === 'success' && <p>Every proxy on its way says that all went well.</p>}
      {refused && <Refusal refused={refused} />}
      {at?.now !== undefined && <p>As it is now: {at.now}</p>}
      {at?.diagnosis && <Remedies remedies={at.diagnosis.remedies} />}
      {hops.length > 1 && <Way why={why} />}
    </Panel>
  );
};
