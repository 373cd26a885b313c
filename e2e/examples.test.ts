/** Each example is started as its README says, and does what its README says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, startMesh } from './mesh.ts';
import { differences, stepsOf, walk } from './walkthrough.ts';

/** Some have tests of their own (`shop.test.ts`, `alerts.test.ts`), and `echo` is the applications of the others. */
const names = readdirSync(join(root, 'examples')).filter((name) => !['shop', 'objectives', 'echo'].includes(name));

describe('an example', () => {
  it.each(names)('%s does what its README says', async (name) => {
    const folder = join(root, 'examples', name);
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(readme).toContain(`npx weft up examples/${name}\n`);
    expect(stepsOf(readme).length).toBeGreaterThan(2);
    const mesh = await startMesh({ folder });
    try {
      expect(await mesh.weft('analyze')).toMatchObject({ code: 0 });
      expect((await walk(mesh, readme)).join('\n\n')).toBe('');
    } finally {
      await mesh.stop();
    }
  });
});

describe('a README', () => {
  const [step = { command: '', expected: [], requests: 0 }] = stepsOf(
    'Text\n```console\n$ ask -n 1000\n  ~900  200  v1\n  ~100  200  v2\n```\n',
  );
  it('is met by numbers that chance may give, and by no others', () => {
    expect(step.command).toBe('ask -n 1000');
    expect(differences(step, ['   913  200  v1', '    87  200  v2'])).toEqual([]);
    expect(differences(step, ['   840  200  v1', '   160  200  v2'])).not.toEqual([]);
    expect(differences(step, ['   900  200  v1', '    99  200  v2', '     1  503  -'])).toEqual(['not in the README:      1  503  -']);
    expect(differences(step, ['  1000  200  v1'])).not.toEqual([]);
  });
});
