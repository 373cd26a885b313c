import { Link } from '@tanstack/react-router';
import { Empty } from '../kit/states.tsx';

export const Missing = () => (
  <Empty>
    There is no such page. <Link to="/">To the overview</Link>
  </Empty>
);
