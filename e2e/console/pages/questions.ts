/** Ten questions of somebody who never read a word about Weft: answered from the first page, by a few clicks, within a minute. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../mesh.ts';
import type { Stage } from '../stage.ts';

const mostClicks = 5;
const minute = 60_000;

/** Somebody with a mouse, whose clicks are counted. */
class Person {
  readonly page: Page;
  clicks = 0;

  constructor(page: Page) {
    this.page = page;
  }

  async click(what: Locator): Promise<void> {
    this.clicks += 1;
    await what.first().click();
  }

  /** By the navigation that stands beside every page. */
  go(noun: string): Promise<void> {
    return this.click(this.page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: noun, exact: true }));
  }

  panel(title: string): Locator {
    return this.page.getByRole('region', { name: title, exact: true });
  }
}

type Answer = (person: Person) => Promise<void>;

const failing: Answer = async (person) => {
  await person
    .panel('Services')
    .getByRole('row', { name: /^shop\/catalog/ })
    .locator('.bad')
    .waitFor();
  const change = person.panel('What changed').getByRole('listitem').filter({ hasText: 'VirtualService shop/catalog' }).first();
  await change.getByRole('time').waitFor();
  await person.click(change.getByRole('link'));
  await person.page.getByText('httpStatus: 500').first().waitFor();
};

const plaintext: Answer = async (person) => {
  await person.click(person.panel('Mutual TLS').getByRole('link', { name: 'Mutual TLS' }));
  await person.page
    .getByRole('row', { name: /legacy\/batch.*shop\/payments/ })
    .first()
    .waitFor();
};

const readers: Answer = async (person) => {
  await person.go('Security');
  await person.page.getByLabel('Who asked for the path').fill('/cards');
  await person.click(person.page.getByRole('button', { name: 'Find' }));
  // The mesh is younger than yesterday; who asked today is found as yesterday's would be.
  await person.page.getByText('Nobody asked for that in this time').waitFor();
  person.clicks += 1;
  await person.page.getByRole('combobox', { name: /^Time/ }).selectOption('1h');
  await person.page
    .getByRole('row', { name: /\/cards\/of\/console/ })
    .first()
    .waitFor();
};

const shareOfSecond: Answer = async (person) => {
  await person.go('Traffic');
  await person.page
    .getByRole('row', { name: /^catalog, version v2/ })
    .first()
    .waitFor();
};

const denied: Answer = async (person) => {
  await person.go('Security');
  const call = person.page.getByRole('table', { name: 'Refused lately' }).getByRole('row', { name: /\/secrets\/of\/console/ });
  await call
    .getByText(/nobody-reads-secrets/)
    .first()
    .waitFor();
};

const impact: Answer = async (person) => {
  await person.go('Map');
  await person.click(person.page.getByRole('button', { name: 'As table' }));
  await person.click(person.page.getByRole('region', { name: 'Nodes' }).getByRole('button', { name: 'shop/catalog', exact: true }));
  const panel = person.page.getByRole('complementary', { name: 'What is chosen' });
  await panel.getByText('If it stops, these break').waitFor();
  await panel.getByText(/shop\/web.*shop\/traffic/).waitFor();
};

const live: Answer = async (person) => {
  await person
    .panel('Configuration and proxies')
    .getByText(/^9 of 9$/)
    .waitFor();
};

const certificate: Answer = async (person) => {
  await person.go('Security');
  await person.click(person.page.getByRole('link', { name: 'Certificates' }));
  const table = person.page.getByRole('table', { name: 'Certificates of workloads' });
  // The first to expire is the first.
  await table
    .getByRole('row')
    .nth(1)
    .getByText(/spiffe:\/\//)
    .waitFor();
};

const burning: Answer = async (person) => {
  await person.panel('Objectives').getByRole('row').nth(1).getByText(/×/).waitFor();
};

const before: Answer = async (person) => {
  await person.go('Map');
  const time = person.page.getByRole('region', { name: 'Time' });
  await person.click(time.getByRole('button', { name: 'A minute back' }));
  await time.getByText(/^As of .*configuration revision \d+/).waitFor();
};

const questions: readonly (readonly [string, Answer])[] = [
  ['Which service fails, since when, because of which change?', failing],
  ['Who still sends plaintext to payments?', plaintext],
  ['Who read /cards yesterday?', readers],
  ['What share of the traffic has version 2?', shareOfSecond],
  ['Which calls were denied, and by which rule?', denied],
  ['What breaks if catalog stops?', impact],
  ['Is my last change live everywhere?', live],
  ['Which certificate expires first?', certificate],
  ['Which objective burns fastest?', burning],
  ['What did the map look like before?', before],
];

const fault = 'fault: {abort: {percentage: {value: 100}, httpStatus: 500}}';

export const questionTests = ({ mesh, visit }: Stage): void => {
  let original = '';
  const file = () => join(mesh().folder, 'catalog.yaml');

  beforeAll(async () => {
    original = readFileSync(file(), 'utf8');
    const broken = original.replace(
      /(name: catalog, namespace: shop}\nspec:\n {2}hosts: \[catalog\]\n {2}http:\n)( *)- /,
      `$1$2- ${fault}\n$2  `,
    );
    expect(broken).not.toBe(original);
    writeFileSync(file(), broken);
    const call = ['exec', '-n', 'legacy', 'deploy/batch', '--', 'curl', '-s', '-o', '/dev/null', 'http://payments.shop:8080/'];
    expect(await mesh().weft(...call)).toMatchObject({ code: 0 });
    await until('catalog is seen to fail', async () => {
      const { items } = await mesh().get<{ items: readonly { failed: number; labels: Record<string, string> }[] }>('/signals?of=service');
      return items.some(({ failed, labels }) => failed > 5 && labels['destination_service_name'] === 'catalog') || undefined;
    });
  }, 120_000);

  afterAll(() => writeFileSync(file(), original));

  test.each(questions)('%s', async (_, answer) => {
    const { page } = await visit('/');
    const person = new Person(page);
    const begun = performance.now();
    await answer(person);
    expect(person.clicks).toBeLessThanOrEqual(mostClicks);
    expect(performance.now() - begun).toBeLessThan(minute);
    await page.close();
  });
};
