/** Which names the two DNS addresses know (`addresses.ts`). Pure. */
import type { NodeView } from '@weft/model';
import type { Names } from '../dns/answer.ts';

/** The start of `automaticRange`. */
const automaticPrefix = '240.240.';

export const allNames = ({ names, aliases = {}, dnsDomain }: NodeView): Names => ({ names, aliases, dnsDomain });

/** Without the addresses that only a sidecar understands: such hosts are looked up outside. */
export const plainNames = ({ names, aliases = {}, dnsDomain }: NodeView): Names => ({
  aliases,
  dnsDomain,
  names: Object.fromEntries(
    Object.entries(names).filter(([, addresses]) => !addresses.every((address) => address.startsWith(automaticPrefix))),
  ),
});
