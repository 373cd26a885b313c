import { Link } from '@tanstack/react-router';
import { Page } from '../kit/parts.tsx';
import { Empty } from '../kit/states.tsx';

export const Missing = () => (
  <Page title="No such page">
    <Empty>
      Nothing is at this address. <Link to="/">To the overview</Link>
    </Empty>
  </Page>
);
