/** What a port carries, by its words and its number (Istio's `ConvertProtocol`). */
import { expect, test } from 'vitest';
import { selectProtocol } from './protocol.ts';

const words = ['tcp', 'udp', 'grpc', 'grpc-web', 'http', 'http2', 'https', 'tls', 'mongo', 'redis', 'mysql'] as const;

test.each(words)('[S79]: %s by name, by what stands before a dash, by appProtocol, in any case', (word) => {
  const ports = [{ name: word }, { name: `${word}-x` }, { name: 'other', appProtocol: word.toUpperCase() }, { appProtocol: `${word}-x` }];
  expect(ports.map((port) => selectProtocol({ number: 8080, ...port }))).toEqual([word, word, word, word]);
});

test.each([
  ['http_proxy', 'http'],
  ['kubernetes.io/h2c', 'http2'],
  ['kubernetes.io/ws', 'http'],
  ['kubernetes.io/wss', 'https'],
])('[S79]: appProtocol %s is %s', (appProtocol, expected) => {
  expect(selectProtocol({ number: 8080, name: 'tcp', appProtocol })).toBe(expected);
});

test('[S79]: what appProtocol says and nobody knows is looked at, whatever the name; only a whole word is one', () => {
  expect(selectProtocol({ number: 8080, name: 'http', appProtocol: 'acme.example/own' })).toBe('auto');
  expect(selectProtocol({ number: 8080, name: 'httpx' })).toBe('auto');
  expect(selectProtocol({ number: 8080, name: 'kubernetes.io/h2c' })).toBe('auto');
});

test.each([25, 53, 3306, 27017])('[S80]: port %s is bytes unless it is declared, and nothing where it is UDP', (number) => {
  expect(selectProtocol({ number, name: 'mail' })).toBe('tcp');
  expect(selectProtocol({ number, name: 'http' })).toBe('http');
  expect(selectProtocol({ number, name: 'http', transport: 'UDP' })).toBe('udp');
  expect(selectProtocol({ number: number + 1 })).toBe('auto');
});
