/** Where one rule sends what it takes: wanted beside seen. The bars are for eyes, the numbers for everybody. */
import { percent } from '../kit/words.ts';
import type { Share } from './shares.ts';

export interface SplitProps {
  readonly shares: readonly Share[];
  readonly name: string;
  /** What is counted: `Requests`, `Connections`. */
  readonly counted: string;
}

const width = (share: number | undefined) => ({ width: `${((share ?? 0) * 100).toFixed(1)}%` });

export const Split = ({ shares, name, counted }: SplitProps) => (
  <div className="scroll">
    <table className="table split" aria-label={`Where ${name} sends what it takes`}>
      <thead>
        <tr>
          <th scope="col">Goes to</th>
          <th scope="col" className="number">
            Wanted
          </th>
          <th scope="col" className="number">
            Seen
          </th>
          <th scope="col">
            <span className="visually-hidden">Wanted above seen</span>
          </th>
          <th scope="col" className="number">
            {counted}
          </th>
        </tr>
      </thead>
      <tbody>
        {shares.map(({ words, wanted, seen, amount }) => (
          <tr key={words}>
            <td>{words}</td>
            <td className="number">{wanted === undefined ? 'not now' : percent(wanted)}</td>
            <td className="number">{percent(seen)}</td>
            <td className="bars">
              <span className="share" aria-hidden="true">
                <span style={width(wanted)} />
                <span className="seen" style={width(seen)} />
              </span>
            </td>
            <td className="number">{amount}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
