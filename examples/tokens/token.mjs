/**
 * An issuer of tokens, as an identity provider would be one:
 *   node token.mjs --sub ann [--groups staff,night] [--expires 3600] [--issuer https://...]     prints a token
 *   node token.mjs --keys                                                                       prints its public keys
 * Its key is made of a sentence that everybody may know, so that this page and tokens.yaml can show what belongs to it.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    sub: { type: 'string', default: 'ann' },
    groups: { type: 'string', default: '' },
    expires: { type: 'string', default: '3600' },
    issuer: { type: 'string', default: 'https://login.tokens.example' },
    keys: { type: 'boolean', default: false },
  },
});

/** Ed25519 (RFC 8410): 32 bytes behind the words that say so. */
const seed = createHash('sha256').update('an example for everybody, and a secret for nobody').digest();
const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

const token = () => {
  const exp = Math.floor(Date.now() / 1000) + Number(values.expires);
  const claims = { iss: values.issuer, sub: values.sub, aud: 'desk', exp, groups: values.groups.split(',').filter(Boolean) };
  const text = `${encode({ alg: 'EdDSA', kid: 'example', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
};

const keys = () => JSON.stringify({ keys: [{ ...createPublicKey(key).export({ format: 'jwk' }), kid: 'example' }] });

console.log(values.keys ? keys() : token());
