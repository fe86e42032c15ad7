// Every text is there in both languages, and every code of the relay's API has a name.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

/** @type {Record<string, [string, string]>} */
const catalogue = JSON.parse(await readFile(new URL('../../src/text/catalogue.json', import.meta.url), 'utf8'));
const document = JSON.parse(await readFile(new URL('../../../../docs/openapi.json', import.meta.url), 'utf8'));
const schemas = document.components.schemas;

test('every text is there in English and in Chinese, with the same places', () => {
  const places = (/** @type {string} */ text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
  for (const [key, texts] of Object.entries(catalogue)) {
    assert.equal(texts.length, 2, key);
    const [english, chinese] = texts;
    assert.ok(english.trim() !== '' && chinese.trim() !== '', key);
    const forms = english.split('|');
    assert.ok(forms.length <= 2 && !chinese.includes('|'), key);
    if (forms.length === 2) assert.ok(english.includes('{n}'), `${key}: what decides between one and many`);
    const used = places(chinese);
    for (const place of places(english)) assert.ok(used.includes(place), `${key}: ${place} is missing in Chinese`);
    for (const place of used) assert.ok(places(english).includes(place), `${key}: ${place} is missing in English`);
  }
});

test('Chinese is Chinese but for names that have none', () => {
  const alike = Object.entries(catalogue).filter(
    ([, [english, chinese]]) => english === chinese && /[a-z]{3}/.test(english),
  );
  assert.deepEqual(
    alike.map(([key]) => key),
    [],
  );
});

test('every kind, field and code of a record has a name', () => {
  const missing = new Set();
  const kinds = Object.values(schemas)
    .map((schema) => schema.properties?.kind?.const)
    .filter(Boolean);
  assert.ok(kinds.length >= 15, `${kinds.length} kinds`);
  for (const kind of kinds) if (!(`kind.${kind}` in catalogue)) missing.add(`kind.${kind}`);
  const seen = new Set();
  /** @param {unknown} node @param {string} field */
  const walk = (node, field) => {
    if (Array.isArray(node)) {
      for (const one of node) walk(one, field);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'enum') {
        for (const code of value) if (!(`${field}.${code}` in catalogue)) missing.add(`${field}.${code}`);
      } else if (key === '$ref') {
        const name = value.split('/').at(-1);
        if (!seen.has(name)) {
          seen.add(name);
          walk(schemas[name], field);
        }
      } else if (key === 'properties') {
        for (const [name, shape] of Object.entries(value)) {
          if (!(`field.${name}` in catalogue)) missing.add(`field.${name}`);
          walk(shape, name);
        }
      } else walk(value, field);
    }
  };
  for (const name of Object.keys(schemas)) {
    if (name.endsWith('Fields') || name.endsWith('Derived')) walk(schemas[name], '');
  }
  assert.deepEqual([...missing], []);
});
