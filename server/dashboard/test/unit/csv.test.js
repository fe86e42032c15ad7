import assert from 'node:assert/strict';
import test from 'node:test';
import { csv } from '../../src/part/csv.js';

test('Excel reads it as text, whatever stands in a cell', () => {
  assert.equal(
    csv([
      ['名称', 'a,b'],
      ['say "hi"', 'x\ny'],
    ]),
    '\uFEFF名称,"a,b"\r\n"say ""hi""","x\ny"\r\n',
  );
});

test('nothing is taken for a formula, and a number stays one', () => {
  for (const formula of ['=1+1', '+1+1', '-2+3', '@SUM(A1)', '\t=1']) {
    assert.ok(csv([[formula]]).includes(`'${formula}`), formula);
  }
  assert.equal(csv([['-12.50', '-7']]), '\uFEFF-12.50,-7\r\n');
});
